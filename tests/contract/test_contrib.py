"""What is shipped for the tools that hotlines have: SCART's provider, IntelMQ's bot, MISP's module,
each against a running service.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import intelmq_interface
from attribution.demo import DemoWorld
from attribution.store import Store
from casework import Clock
from intelmq_interface import Event
from served import Served, hotline_settings, serving
from tools import program

CONTRIB = Path(__file__).parent.parent.parent / "contrib"


@pytest.fixture
def served(world: DemoWorld, tmp_path: Path, clock: Clock) -> Iterator[Served]:
    with Store.open(f"sqlite:///{tmp_path / 'cases.sqlite3'}", now=clock) as store:
        with serving(hotline_settings(world.settings(), tmp_path), store) as running:
            yield running


def scart(call: str, url: str, key: str) -> dict[str, Any]:
    """Call the provider as SCART does, and return its array."""
    function, _, arguments = call.partition("(")
    code = f"""
        error_reporting(E_ALL);
        set_error_handler(function ($number, $text) {{ throw new ErrorException($text); }});
        require {json.dumps(str(CONTRIB / "scart" / "scartWhoisAttribution.php"))};
        $class = 'abuseio\\\\scart\\\\classes\\\\whois\\\\scartWhoisAttribution';
        $result = call_user_func("$class::{function}", {arguments.rstrip(")")});
        echo json_encode($result, JSON_INVALID_UTF8_SUBSTITUTE);
    """
    environment = {**os.environ, "ATTRIBUTION_URL": url, "ATTRIBUTION_KEY": key}
    done = subprocess.run(
        [program("php"), "-r", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


def test_scart_gets_the_host_of_an_address(served: Served) -> None:
    key = served.key("attribute")
    found = scart("lookupIp('192.0.2.130', true)", served.address, key)
    answer = found.pop("nresult")
    text = found.pop("host_rawtext")
    assert found == {
        "status_success": True,
        "status_text": "attribution: attributed",
        "host_lookup": "192.0.2.130",
        "host_owner": "Lantern Hosting Inc.",
        "host_country": "CA",
        "host_abusecontact": "abuse@lantern.example",
        "host_asn": "AS64496",
    }
    assert answer["primary"]["provider"]["id"] == "arin:LANT"
    assert "Lantern" in text
    assert "nresult" not in scart("lookupIp('192.0.2.130')", served.address, key)


def test_scart_gets_the_registrar_of_a_domain(served: Served) -> None:
    found = scart("lookupDomain('www.lighthouse.example')", served.address, served.key("attribute"))
    assert found["registrar_rawtext"]
    del found["registrar_rawtext"]
    assert found == {
        "status_success": True,
        "status_text": "attribution: attributed",
        "registrar_lookup": "lighthouse.example",
        "registrar_owner": "Wharf Registrar Ltd",
        "registrar_abusecontact": "abuse@wharf.example",
        "registrar_country": "",
        "dresult": "",
    }


def test_scart_is_told_when_nobody_is_known_or_nobody_answers(served: Served) -> None:
    key = served.key("attribute")
    unknown = scart("lookupIp('203.0.113.200')", served.address, key)
    assert not unknown["status_success"]
    assert "nobody is known" in unknown["status_text"]
    assert "host_owner" not in unknown
    for url, wrong, reason in (
        ("http://127.0.0.1:9", key, "does not answer"),
        (served.address, "atk_wrong", "answered 401"),
        ("", "", "set ATTRIBUTION_URL"),
    ):
        refused = scart("lookupIp('192.0.2.130')", url, wrong)
        assert not refused["status_success"]
        assert reason in refused["status_text"]
        registrar = scart("lookupDomain('www.lighthouse.example')", url, wrong)
        assert registrar["status_success"]  # as in SCART's own provider: a registrar is no must
        assert registrar["registrar_owner"] == ""
    quoted = scart('lookupDomain("www.lighthouse.example\'; drop\\n\\xff")', served.address, key)
    assert quoted["registrar_owner"] == ""


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_intelmq_s_event_gets_the_abuse_contact(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    intelmq_interface.install(monkeypatch)
    bot_class = load(CONTRIB / "intelmq" / "expert.py").AttributionExpertBot

    def processed(**fields: str) -> dict[str, Any]:
        """Run the bot over one event, without the daemon around it."""
        bot = object.__new__(bot_class)
        bot.url, bot.api_key = served.address, served.key("attribute")
        sent: list[Any] = []
        bot.receive_message = lambda: Event(
            {name.replace("__", "."): value for name, value in fields.items()}
        )
        bot.send_message = sent.append
        bot.acknowledge_message = lambda: sent.append("done")
        bot.process()
        assert sent[1] == "done"
        return dict(sent[0])

    event = processed(source__url="https://www.lighthouse.example/1")
    assert event["source.abuse_contact"] == "abuse@lantern.example"
    assert event["source.asn"] == 64496
    assert event["source.registry"] == "ARIN"
    assert event["extra.attribution"]["company"] == "Lantern Hosting Inc."
    assert processed(source__ip="192.0.2.10")["source.abuse_contact"] == "abuse@quay.example"
    kept = processed(
        source__url="https://www.lighthouse.example/1",
        source__abuse_contact="known@lantern.example",
    )
    assert kept["source.abuse_contact"] == "known@lantern.example"
    assert "source.abuse_contact" not in processed(source__fqdn="nobody.example")
    assert set(processed(feed__name="x")) == {"feed.name"}


def test_misp_s_module_expands_a_url(served: Served) -> None:
    module = load(CONTRIB / "misp" / "attribution_expansion.py")

    def asked(**request: Any) -> dict[str, Any]:
        config = {"url": served.address, "api_key": served.key("attribute")}
        return dict(module.handler(json.dumps({"config": config, **request})))

    found = {
        one["types"][0]: one["values"]
        for one in asked(url="https://www.lighthouse.example/1")["results"]
    }
    assert found["email-dst"] == ["abuse@lantern.example"]
    assert found["AS"] == ["AS64496"]
    assert found["text"] == ["Lantern Hosting Inc. (arin:LANT): hosting, attributed"]
    assert "Nobody is known" in str(asked(hostname="nobody.example"))
    assert "nothing to look up" in asked()["error"]
    assert "Set url" in asked(url="x", config={})["error"]
    assert (
        "refuses" in asked(url="x", config={"url": served.address, "api_key": "atk_wrong"})["error"]
    )
    assert (
        "does not answer"
        in asked(url="x", config={"url": "http://127.0.0.1:9", "api_key": "x"})["error"]
    )
    assert module.handler() is False
    assert set(module.introspection()) == {"input", "output"}
    assert module.version()["config"] == ["url", "api_key"]
