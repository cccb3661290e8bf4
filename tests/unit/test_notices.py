"""Notices and letters: one template in every language, and a hotline's own blocks of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import attribution.language
from attribution.errors import Refused
from attribution.language import Domain, languages, translator
from attribution.notices.legal import legal_ground, translated_duties
from attribution.notices.notice import EarlierNotice, Notice, NoticeCase, OnlineOn
from attribution.notices.own_templates import check_catalogue, check_notices, packaged_blocks
from attribution.notices.rendering import render_notice
from attribution.pattern.dossier.dossier import dossier
from attribution.pattern.dossier.render import Letterhead, letter_text
from stories import Story, day

CASE = NoticeCase(
    case="c000000000000",
    site="site[.]example",
    urls=("hxxps://site[.]example/1", "hxxps://site[.]example/2"),
    reply_to="notices+token@hotline.example",
    token="token",
)
NOTICE = Notice(
    to="Example Hosting",
    role_code="hosting",
    hotline="Example Hotline",
    mailbox="notices@hotline.example",
    postal_address=("Dam 1", "1012 JS Amsterdam"),
    telephone="+31 20 555 0100",
    urls_given=True,
    defanged=True,
    legal=legal_ground("NL", "hosting", "NL", date(2026, 3, 1)),
    cases=(CASE,),
)
AGAIN = replace(
    CASE,
    written_to_you=("2026-01-01",),
    written_to_others=(EarlierNotice(company="Parent Networks", days=("2026-01-03",)),),
    online=(OnlineOn(day="2026-01-04", count=2),),
    analyst=True,
)
REMINDER = replace(NOTICE, cases=(AGAIN,))
DIGEST = replace(NOTICE, cases=(CASE, replace(AGAIN, case="c111111111111", site="two[.]example")))
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
@pytest.mark.parametrize("notice", [NOTICE, REMINDER, DIGEST])
def test_a_notice_has_its_values_in_every_language(notice: Notice, language: str) -> None:
    subject, text = render_notice(notice, language)
    text = text.partition(BELOW)[0]
    if len(notice.cases) == 1:
        assert CASE.site in subject
        assert CASE.case in subject
    needed = [notice.to, notice.hotline, *notice.postal_address, notice.telephone]
    needed += [citation.law for citation in notice.legal.penal]
    for case in notice.cases:
        needed += [*case.urls, case.reply_to, *case.written_to_you]
        needed += [
            text for other in case.written_to_others for text in (other.company, *other.days)
        ]
        needed += [check.day for check in case.online]
    assert [part for part in needed if part not in text] == []
    assert "2022/2065" in text
    assert "\n\n\n" not in text


@pytest.mark.parametrize("language", languages(Domain.NOTICES)[1:])
@pytest.mark.parametrize("notice", [NOTICE, REMINDER, DIGEST, replace(NOTICE, anonymous=True)])
def test_no_english_is_left_in_another_language(notice: Notice, language: str) -> None:
    own = render_notice(notice, language).text.partition(BELOW)[0].splitlines()
    english = render_notice(notice, "en").text.splitlines()
    of_no_language = {notice.hotline, *notice.postal_address, ""}
    of_no_language |= {f"  {url}" for case in notice.cases for url in case.urls}
    assert {*own} & {*english} <= of_no_language


def test_every_country_s_duties_are_there_in_every_language() -> None:
    for language in languages(Domain.NOTICES)[1:]:
        dutiful = translator(Domain.NOTICES, language)
        for message in translated_duties():
            assert dutiful.gettext(message) != message, (language, message)


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
    assert f"Antwoord uiterlijk: {reply_by.isoformat()}" in dutch
    assert dutch.endswith(f"{BELOW}\n\n{english}")


def test_a_letter_has_a_letterhead_and_names() -> None:
    values = dossier(Story().weekly(12).history(), "p", day(100))
    head = Letterhead("Dam 1\n1012 JS Amsterdam", "+31 20 555 0100")
    for language in languages(Domain.NOTICES):
        text, reply_by = letter_text(
            {**values, "company": "Example Hosting B.V."}, "Hotline", "n@h.example", language, head
        )
        own = text.partition(BELOW)[0]
        for needed in ("Dam 1", "1012 JS Amsterdam", "+31 20 555 0100", "n@h.example"):
            assert own.count(needed) == 1
        assert "Example Hosting B.V." in own
        assert own.count(reply_by.isoformat()) == 2


def test_an_own_template_replaces_a_block_of_each_case_of_a_digest(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        '{% extends "notice.txt.j2" %}{% block reply %}Case {{ case }} at {{ site }}, '
        "{{ urls | length }}, {{ token }}: {{ reply_to }}{% endblock %}"
        "{% block good_faith %}We believe it.{% endblock %}",
    )
    text = render_notice(DIGEST, "en", folder).text
    for case in DIGEST.cases:
        assert f"Case {case.case} at {case.site}, 2, token: {case.reply_to}" in text
    assert "16(2)(d)" not in text
    assert text.count("We believe it.") == 1
    folder = own(tmp_path, "About {{ case }}\n{{ urls | length }} {{ reply_to }}\n", "es")
    whole = render_notice(DIGEST, "es", folder)
    assert whole.subject == f"About {CASE.case}, c111111111111"
    assert whole.text.startswith("4 ")


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
    assert render_notice(NOTICE, "es", folder) == (f"Sobre {CASE.case}", "Gracias.\n")
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
