"""Settings come from the environment or a file; wrong ones name themselves, their value and the
allowed form.
"""

from pathlib import Path

import pytest

from attribution import SettingsError, load_settings
from attribution.settings import setting_sources


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NAMESERVERS", "dns.example"),
        ("NAMESERVERS", "192.0.2.53:99999"),
        ("RDAP_BOOTSTRAP_URL", "ftp://files.example/"),
        ("WHOIS_ROOT", "whois.example:x"),
        ("WHOIS_OVERRIDES", "whois.example"),
        ("ALLOW_LOOPBACK_REGISTRIES", "perhaps"),
        ("DNS_TIMEOUT", "0"),
        ("JOBS", "0"),
        ("PATIENCE", "-1"),
    ],
)
def test_wrong_value_names_setting_value_and_form(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"ATTRIBUTION_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    text = str(caught.value)
    assert f"ATTRIBUTION_{name}" in text
    assert value in text
    assert "Allowed:" in text


def test_laboratory_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_NAMESERVERS", "127.0.0.1:5300, [::1]:53")
    monkeypatch.setenv("ATTRIBUTION_RDAP_BOOTSTRAP_URL", "http://127.0.0.1:8300/bootstrap")
    monkeypatch.setenv(
        "ATTRIBUTION_WHOIS_OVERRIDES", "whois.ripe.net=127.0.0.1:4302,WHOIS.arin.net=127.0.0.1:4301"
    )
    monkeypatch.setenv("ATTRIBUTION_ALLOW_LOOPBACK_REGISTRIES", "true")
    settings = load_settings()
    assert settings.nameservers == ["127.0.0.1:5300", "[::1]:53"]
    assert settings.rdap_bootstrap_url == "http://127.0.0.1:8300/bootstrap/"
    assert settings.whois_overrides == {
        "whois.ripe.net": "127.0.0.1:4302",
        "whois.arin.net": "127.0.0.1:4301",
    }
    assert settings.allow_loopback_registries


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text("jobs = 7\npatience = 3.5\n")
    monkeypatch.setenv("ATTRIBUTION_CONFIG", str(path))
    monkeypatch.setenv("ATTRIBUTION_JOBS", "9")
    rows = {name: (value, source) for name, value, source, _ in setting_sources()}
    assert rows["jobs"] == (9, "environment ATTRIBUTION_JOBS")
    assert rows["patience"] == (3.5, str(path))
    assert rows["dns_timeout"] == (5.0, "default")


@pytest.mark.parametrize("text", ["jobs = ", "jbos = 3", "jobs = 'many'"])
def test_wrong_file_is_named(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    monkeypatch.setenv("ATTRIBUTION_CONFIG", str(path))
    with pytest.raises(SettingsError, match=r"config\.toml|jobs"):
        load_settings()


def test_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTRIBUTION_CONFIG", "/nowhere/config.toml")
    with pytest.raises(SettingsError, match="ATTRIBUTION_CONFIG"):
        load_settings()
