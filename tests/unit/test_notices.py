"""Notices and letters: one template in every language, and a hotline's own blocks of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import attribution.language
from attribution.errors import Refused
from attribution.language import Domain, languages, translator
from attribution.notices.notice import Notice
from attribution.notices.own_templates import check_catalogue, check_notices, packaged_blocks
from attribution.notices.rendering import render_notice
from attribution.pattern.dossier.dossier import dossier
from attribution.pattern.dossier.render import letter_text
from stories import Story, day

NOTICE = Notice(
    case="c000000000000",
    to="Example Hosting",
    role_code="hosting",
    site="site[.]example",
    hotline="Example Hotline",
    urls=("hxxps://site[.]example/1", "hxxps://site[.]example/2"),
    urls_given=True,
    defanged=True,
    laws=("Regulation (EU) 2022/2065, Art. 16 (2024-02-17)",),
    reply_to="notices+token@hotline.example",
    token="token",
    reminder=False,
    first_sent="",
    last_seen="",
)
REMINDER = replace(NOTICE, reminder=True, first_sent="2026-01-01", last_seen="2026-01-02")
ROLES = ("platform", "cdn", "hosting", "reseller", "allocation_holder", "network", "registrar")
BELOW = "The same in English:"


@pytest.fixture
def catalogue_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a copy of the catalogues, which a test may change."""
    folder = tmp_path / "catalogues"
    shutil.copytree(attribution.language.CATALOGUES, folder)
    monkeypatch.setattr(attribution.language, "CATALOGUES", folder)
    cached = (languages, translator, check_catalogue)
    for function in cached:
        function.cache_clear()
    yield folder / "notices"
    for function in cached:
        function.cache_clear()


def own(folder: Path, text: str, language: str = "en") -> Path:
    path = folder / "own"
    path.mkdir(exist_ok=True)
    (path / f"notice.{language}.txt.j2").write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("language", languages(Domain.NOTICES))
@pytest.mark.parametrize("notice", [NOTICE, REMINDER])
def test_a_notice_has_its_values_in_every_language(notice: Notice, language: str) -> None:
    subject, text = render_notice(notice, language)
    assert notice.site in subject
    assert notice.case in subject
    for needed in (notice.to, notice.hotline, *notice.urls, *notice.laws, notice.reply_to):
        assert needed in text
    assert notice.first_sent in text
    assert notice.last_seen in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize("language", languages(Domain.NOTICES))
def test_every_role_is_asked_something_of_its_own(language: str) -> None:
    texts = {render_notice(replace(NOTICE, role_code=role), language).text for role in ROLES}
    assert len(texts) == len(ROLES)


def test_urls_are_left_out_for_a_mailbox_that_is_not_approved() -> None:
    text = render_notice(replace(NOTICE, urls_given=False), "en").text
    assert "/1" not in text
    assert "2 addresses are left out" in text


def test_english_stands_below_a_translation_that_nobody_reviewed(catalogue_folder: Path) -> None:
    assert BELOW not in render_notice(NOTICE, "en").text
    dutch = render_notice(NOTICE, "nl")
    assert dutch.subject.startswith("Melding van")
    assert dutch.text.index("Wij verzoeken u") < dutch.text.index(BELOW)
    assert dutch.text.endswith(render_notice(NOTICE, "en").text)
    path = catalogue_folder / "nl.po"
    path.write_text(
        path.read_text("utf-8").replace('"X-Reviewer: \\n"', '"X-Reviewer: Somebody\\n"'), "utf-8"
    )
    assert BELOW not in render_notice(NOTICE, "nl").text


def test_a_letter_has_the_english_below_too() -> None:
    values = dossier(Story().weekly(12).history(), "p", day(100))
    english, _ = letter_text(values, "Example Hotline", "notices@hotline.example")
    dutch, reply_by = letter_text(values, "Example Hotline", "notices@hotline.example", "nl")
    assert reply_by.isoformat() in dutch
    assert "24 meldingen" in dutch
    assert dutch.endswith(f"{BELOW}\n\n{english}")


def test_an_own_template_replaces_a_block(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        '{% extends "notice.txt.j2" %}{% block signature %}{{ hotline }}, {{ case }}{% endblock %}',
    )
    subject, text = render_notice(NOTICE, "en", folder)
    assert subject == render_notice(NOTICE, "en").subject
    assert text.endswith("Example Hotline, c000000000000\n")
    assert "signature" in packaged_blocks()


def test_an_own_template_may_be_a_whole_notice_of_another_language(tmp_path: Path) -> None:
    folder = own(tmp_path, "Sobre {{ case }}\nGracias.\n", "es")
    assert render_notice(NOTICE, "es", folder) == (f"Sobre {NOTICE.case}", "Gracias.\n")
    assert render_notice(NOTICE, "nl", own(tmp_path, "Over\nDag.\n", "nl")).text == "Dag.\n"
    with pytest.raises(Refused, match="xx"):
        render_notice(NOTICE, "xx", folder)


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (
            '{% extends "notice.txt.j2" %}\n{% block aks %}{% endblock %}',
            ["line 2", "'aks'", "ask"],
        ),
        ("About\n\n{{ ulrs }}", ["line 3", "'ulrs'", "urls"]),
        ("About\n{% for %}", ["line 2"]),
        ("About\n{{ case | shout }}", ["line 2", "shout"]),
    ],
)
def test_an_own_template_with_a_slip_is_refused_at_the_start(
    text: str, faults: list[str], tmp_path: Path
) -> None:
    folder = own(tmp_path, text, "de")
    with pytest.raises(Refused) as error:
        check_notices("en", folder)
    for needed in ("notice.de.txt.j2", "cannot be used", *faults):
        assert needed in str(error.value)


def test_a_catalogue_that_is_not_whole_is_refused_with_its_messages(catalogue_folder: Path) -> None:
    check_notices("nl", None)
    path = catalogue_folder / "nl.po"
    whole = path.read_text("utf-8")
    entry = 'msgid "Addresses:"\n'
    for broken in (
        whole.replace('msgstr "Adressen:"', 'msgstr ""'),
        whole.replace(entry, f"#, fuzzy\n{entry}"),
        whole.replace(entry, 'msgid "Addresses"\n'),
    ):
        path.write_text(broken, "utf-8")
        check_catalogue.cache_clear()
        with pytest.raises(Refused, match=r"notices/nl\.po.*'Addresses:'"):
            render_notice(NOTICE, "nl")
        with pytest.raises(Refused, match="'Addresses:'"):
            check_notices("en", None)
