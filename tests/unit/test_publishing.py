"""Dossier, letter, contest and list: the same bytes each time, and nothing in a list that leads to
a site.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from attribution.casework.building_list import build_list
from attribution.casework.publishing import (
    NoteLetter,
    PublishList,
    WithdrawEntry,
    publish_list,
    withdraw_entry,
)
from attribution.casework.publishing import note_letter as keep_letter
from attribution.casework.replies import ApproveReply, approve_reply
from attribution.casework.signers import NameSigner, new_key, read_key, signers
from attribution.casework.signers import name_signer as keep_signer
from attribution.casework.signing_list import (
    _covered,
    begun_list,
    check_signatures,
    note_signature,
    noted_signatures,
    sign_list,
)
from attribution.casework.verifying import head_in
from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.formats.registry import partner_list_formats
from attribution.history.rows import EventRow
from attribution.pattern.assess import assess
from attribution.pattern.dossier.dossier import contest, dossier
from attribution.pattern.dossier.overview import overview_page, overview_picture
from attribution.pattern.dossier.publication import refusals, shown_name, without_addresses
from attribution.pattern.dossier.render import dossier_files, dossier_hash, letter_text
from attribution.pattern.report import as_row
from attribution.store import Store, Writer
from attribution.store.heads import hash_of
from attribution.store.tables import events
from casework import Clock, correct, looked_up, note_event, record_notice, reported
from signing_keys import respelled
from stories import Story, day

PROVIDER = "ripe:ORG-EX1-RIPE"


def name_signer(writer: Writer, name: str, mailbox: str, public_key: str) -> None:
    keep_signer(writer, NameSigner(name=name, mailbox=mailbox, public_key=public_key))


def note_letter(writer: Writer, provider: str, sent_on: date, sha256: str, to: str) -> None:
    keep_letter(
        writer, NoteLetter(provider=provider, sent_on=sent_on, dossier_sha256=sha256, to=to)
    )


def publish(writer: Writer, signed: dict[str, Any], today: date, to: list[str]) -> dict[str, Any]:
    return publish_list(writer, PublishList(signed=signed, today=today, recipients=to))


def withdraw(writer: Writer, company: str, why: str) -> dict[str, Any]:
    return withdraw_entry(writer, WithdrawEntry(company=company, why=why))


def test_a_dossier_is_the_same_bytes_each_time_and_shows_every_case() -> None:
    story = Story().weekly(12)
    files = dossier_files(dossier(story.history(), "p"))
    assert files == dossier_files(dossier(story.history(), "p"))
    page = files["dossier.html"].decode()
    assert all(notice.notice in page for notice in story.notices)
    for needed in (
        "systematic",
        "Week by week",
        "How long content stayed",
        "The cost of waiting",
        "<svg",
    ):
        assert needed in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("http://creativecommons.org", "")
    assert files["cases.csv"].count(b"\n") == len(story.notices) + 1
    assert json.loads(files["dossier.json"])["assessment"]["label"] == "systematic"


def test_a_dossier_of_a_day_knows_nothing_of_the_days_after() -> None:
    short, long = Story().weekly(12), Story().weekly(20)
    assert dossier(short.history(70), "p", day(70)) == dossier(long.history(70), "p", day(70))


def test_the_time_line_goes_from_the_first_notice_to_the_labels_end() -> None:
    story = Story().weekly(14).weekly(8, begin=14, online=None)
    story.event("contact_confirmed", 30)
    story.events.append(
        EventRow("reply", day(40), day(40), providers=("p",), more={"note": "We will act."})
    )
    values = dossier(story.history(), "p")
    what = [one["what"] for one in values["timeline"]]
    assert what[0] == "the first notice was sent"
    for needed in ("confirmed", "replied", "met the conditions for systematic", "ended the label"):
        assert any(needed in one for one in what)
    assert [one["at"] for one in values["timeline"]] == sorted(
        one["at"] for one in values["timeline"]
    )
    assert values["replies"] == [{"at": "2024-02-10T00:00Z", "said": "We will act."}]


def test_why_a_provider_may_not_be_on_a_list_today() -> None:
    today = day(100).date()
    story = Story().weekly(12)
    letter = today - timedelta(days=14)
    unproven = dossier(story.history(), "p", day(100))
    assert "a person knew" in refusals(unproven, letter_on=letter, today=today)[0]
    story.event("letter_delivered", 88)
    good = dossier(story.history(), "p", day(100))
    assert refusals(good, letter_on=letter, today=today) == []
    assert "no letter" in refusals(good, letter_on=None, today=today)[0]
    assert (
        "the time for its reply"
        in refusals(good, letter_on=letter + timedelta(days=1), today=today)[0]
    )
    late = dossier(Story().weekly(12).history(), "p", day(200))
    found = refusals(late, letter_on=letter, today=day(200).date())
    assert any("stale" in why for why in found)
    assert any("a condition does not hold" in why and "days ago" in why for why in found)
    better = dossier(Story().weekly(12).weekly(10, begin=12, online=None).history(), "p", day(170))
    assert any(
        "its label is" in why for why in refusals(better, letter_on=letter, today=day(170).date())
    )
    assert any(
        "looked at on" in why
        for why in refusals(good, letter_on=letter, today=today + timedelta(days=1))
    )


def test_names_in_a_dossier_are_text() -> None:
    story = Story()
    for week in range(8):
        story.notice(week * 7, provider="<script>alert(1)</script>", online=40, ack=True)
    page = dossier_files(dossier(story.history(), "<script>alert(1)</script>"))[
        "dossier.html"
    ].decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_cost_of_waiting_is_the_days_between_notice_and_order() -> None:
    story = Story()
    name = story.notice(0, online=30, urls=2, ack=True)
    story.events.append(EventRow("court_order", day(20), day(20), name))
    waiting = dossier(story.history(), "p")["waiting"]
    assert waiting["url_days_between_notice_and_order"] == pytest.approx(40, abs=0.1)
    assert waiting["url_days_online"] == pytest.approx(60, abs=0.1)


def test_the_letter_names_figures_hash_and_the_end_of_the_reply() -> None:
    values = dossier(Story().weekly(12).history(), "p", day(100))
    text, reply_by = letter_text(values, "Example Hotline", "notices@hotline.example")
    assert reply_by == (day(100) + timedelta(days=14)).date()
    for needed in ("24 notices", dossier_hash(values), reply_by.isoformat(), "Example Hotline"):
        assert needed in text


def test_a_contested_decision_is_made_again_without_the_cases() -> None:
    story = Story().weekly(20)
    few = contest(story.history(), "p", [notice.notice for notice in story.notices[:4]])
    assert (few["stands"], few["label_after"]) == (True, "systematic")
    assert few["margin"] > 0
    most = contest(story.history(), "p", [notice.notice for notice in story.notices[6:]])
    assert (most["stands"], most["label_before"]) == (False, "systematic")
    assert most["margin"] < 0
    assert contest(story.history(), "p", ["n-none"])["unknown"] == ["n-none"]
    every = contest(story.history(), "p", [notice.notice for notice in story.notices])
    assert every["label_after"] == "insufficient"


def test_an_overview_names_everybody_and_is_one_file() -> None:
    story = Story().weekly(12).weekly(12, online=None, provider="good")
    found = assess(story.history())
    page = overview_page(found).decode()
    assert "<script" not in page
    assert ">good<" in page
    picture = overview_picture(found)
    assert picture == overview_picture(found)
    assert picture.startswith(b"<?xml")
    assert fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Example Hosting B.V.", "Example Hosting B.V."),
        ("Quay Servers Ltd.", "Quay Servers Ltd."),
        ("bad-host.example", "[left out]"),
        ("Host.example Hosting (abuse@host.example)", "[left out] Hosting ([left out])"),
        ("Net 192.0.2.0/24", "Net [left out]"),
        ("see https://host.example/x", "see [left out]"),
        ("Андес Датос", "Андес Датос"),
        ("2001:db8::1 Hosting", "[left out] Hosting"),
    ],
)
def test_a_companys_name_leads_nowhere(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@given(
    st.from_regex(r"[a-z][a-z0-9-]{0,20}\.(example|test|com|nl|xn--p1ai)", fullmatch=True),
    st.text(max_size=30),
    st.text(max_size=30),
)
def test_no_domain_survives_in_a_reply(domain: str, before: str, after: str) -> None:
    assert domain not in without_addresses(f"{before} {domain} {after}")


SEEN = {"served_by": PROVIDER, "compared": "content"}


def named(store: Store, clock: Clock) -> None:
    """Let a provider ignore thirty sites in fifteen weeks, with receipts, and write to it."""
    first = datetime(2026, 1, 5, 9, tzinfo=UTC)
    cases: dict[str, str] = {}
    sites = [
        (first + timedelta(days=week * 7 + place), f"site{week}x{place}.example")
        for week in range(15)
        for place in (1, 3)
    ]
    steps = [(at, "send", site) for at, site in sites] + [
        (at + timedelta(days=15), "check", site) for at, site in sites
    ]
    for at, what, site in sorted(steps):
        clock.at = at
        if what == "send":
            case = reported(store, f"https://www.{site}/1", looked_up(f"www.{site}")).case
            assert case
            cases[site] = case
            with store.write("ann") as writer:
                record_notice(writer, case, writer.now, to="abuse@hosting.example")
            with store.write("ann") as writer:
                note_event(writer, "ack", writer.now, case=case)
        else:
            with store.write("checker") as writer:
                note_event(writer, "still_online", writer.now, case=cases[site], detail=SEEN)
    with store.write("ann") as writer:
        note_event(
            writer,
            "reply",
            writer.now,
            provider=PROVIDER,
            detail={"note": "We act on host.example within a day."},
        )


def two_signers(store: Store, tmp_path: Path) -> list[Path]:
    """Two people who may sign, each with a key."""
    paths = []
    for name in ("Ann Example", "Bob Example"):
        path = tmp_path / f"{name[:3]}.pem"
        public = new_key(path)
        with store.write("admin") as writer:
            name_signer(writer, name, f"{name[:3].lower()}@hotline.example", public)
        paths.append(path)
    return paths


def built(store: Store) -> tuple[dict[str, object], dict[str, list[str]]]:
    with store.read() as connection:
        return build_list(connection, store.now.date())


def letter_sent(store: Store, on: date) -> None:
    with store.write("ann") as writer:
        note_letter(writer, PROVIDER, on, "0" * 64, "the company's address in the trade register")


def test_a_list_needs_the_letter_the_days_two_people_and_todays_evidence(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    named(store, clock)
    signed_by = two_signers(store, tmp_path)
    today = clock.at.date() + timedelta(days=1)
    clock.at = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    made, refused = built(store)
    assert made["entries"] == []
    assert "no letter" in refused[PROVIDER][0]
    letter_sent(store, today - timedelta(days=13))
    assert "the time for its reply ends" in built(store)[1][PROVIDER][0]
    letter_sent(store, today - timedelta(days=20))
    made, refused = built(store)
    assert refused == {}
    (entry,) = made["entries"]  # type: ignore[misc]
    assert (entry["company"], entry["country"], entry["share_failed"]) == (
        "Example Hosting B.V.",
        "NL",
        1.0,
    )
    # No reply goes out before a person approved it: this one names a host too.
    assert entry["reply"] == "reply held back"
    with store.write("ann") as writer, pytest.raises(Refused) as held:
        approve_reply(writer, ApproveReply(PROVIDER, "agreed with their counsel"))
    assert (held.value.code, held.value.field) == (Refusal.HELD_BACK, "text")
    with store.write("ann") as writer:
        words = ApproveReply(PROVIDER, "agreed with their counsel", "We act within a day.")
        assert approve_reply(writer, words).text == "We act within a day."
    made, _ = built(store)
    (entry,) = made["entries"]  # type: ignore[misc]
    assert entry["reply"] == "We act within a day."
    with store.read() as connection:
        known = signers(connection)
    now = clock.at
    one = sign_list(made, read_key(signed_by[0].read_bytes()), "read it", known, now)
    assert check_signatures(one, known) == ["1 of 2 different people have signed"]
    with pytest.raises(StoreError, match="signed this list already"):
        sign_list(one, read_key(signed_by[0].read_bytes()), "again", known, now)
    with store.write("ann") as writer, pytest.raises(StoreError, match="1 of 2"):
        publish(writer, one, today, ["Partner"])
    two = sign_list(one, read_key(signed_by[1].read_bytes()), "read it too", known, now)
    assert check_signatures(two, known) == []
    forged = {**two, "entries": [{**entry, "company": "Innocent Ltd"}]}
    assert "is of something else" in check_signatures(forged, known)[0]
    with store.write("ann") as writer, pytest.raises(StoreError, match="not what is found today"):
        publish(writer, forged, today, ["Partner"])
    # A list may go out on later days while its content is the same, but not for ever.
    for days in (-1, 15):
        with store.write("ann") as writer, pytest.raises(Refused, match="build and sign it anew"):
            publish(writer, two, today + timedelta(days=days), ["Partner"])
    with store.write("ann") as writer, pytest.raises(StoreError, match="say who gets it"):
        publish(writer, two, today, [])
    with pytest.raises(Refused, match="it goes out with the list"):
        sign_list(made, read_key(signed_by[0].read_bytes()), "see evil\u2024com", known, now)
    clock.move(days=1)
    with store.write("ann") as writer:
        out = publish(writer, two, today + timedelta(days=1), ["Partner", "Ministry"])
    clock.move(days=-1)
    text = json.dumps(out)
    for secret in ("site", ".example/", "192.0.2", "abuse@", "www.", "host.example"):
        assert secret not in text.replace('"dossier', "")
    with store.write("ann") as writer:
        with pytest.raises(Refused, match="it goes out with the list"):
            withdraw(writer, "Example Hosting B.V.", "now at evil [dot] com")
        notice = withdraw(writer, "Example Hosting B.V.", "released")
        assert notice["tell"] == ["Ministry", "Partner"]
        with pytest.raises(StoreError, match="no list with"):
            withdraw(writer, "Somebody Else", "x")
    assert store.check().faults == ()
    clock.move(days=120)
    partner = json.dumps(
        [form.convert(made, "Example Hotline") for form in partner_list_formats().values()]
    )
    assert partner.count("Example Hosting B.V.") >= 2
    for secret in ("site", "www.", "192.0.2", "abuse@", "host.example"):
        assert secret not in partner
    assert any("stale" in why or "label" in why for why in built(store)[1].get(PROVIDER, ["label"]))


def listed(store: Store, clock: Clock) -> dict[str, Any]:
    """Return the list with one company on it, as of the day after its last failure."""
    named(store, clock)
    today = clock.at.date() + timedelta(days=1)
    clock.at = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    letter_sent(store, today - timedelta(days=20))
    made, refused = built(store)
    assert refused == {}
    return made


def test_two_people_sign_on_different_days_while_the_content_is_the_same(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    made = listed(store, clock)
    ann, bob = (read_key(path.read_bytes()) for path in two_signers(store, tmp_path))
    with store.read() as connection:
        known = signers(connection)
    with store.write("ann") as writer:
        signed = sign_list(made, ann, "read it", known, clock.at)
        note_signature(writer, PROVIDER, signed)
    clock.move(days=2)
    later, _ = built(store)
    assert later["as_of"] != made["as_of"]
    with store.read() as connection:
        begun = begun_list(connection, PROVIDER, later, clock.at.date())
        assert begun == made
        noted = noted_signatures(connection, PROVIDER, begun)
    both = sign_list({**begun, "signatures": noted}, bob, "read it too", known, clock.at)
    with store.write("bob") as writer:
        assert publish(writer, both, clock.at.date(), ["Partner"])["as_of"] == made["as_of"]
    # A reply that was approved since makes another list of it, which both sign anew.
    with store.write("ann") as writer:
        approve_reply(writer, ApproveReply(PROVIDER, "agreed", "We act within a day."))
    with store.write("bob") as writer, pytest.raises(Refused, match="not what is found today"):
        publish(writer, both, clock.at.date(), ["Partner"])
    changed, _ = built(store)
    with store.read() as connection:
        assert begun_list(connection, PROVIDER, changed, clock.at.date()) == changed


def test_a_later_reply_waits_for_an_approval_of_its_own_and_one_taken_back_is_not_shown(
    store: Store, clock: Clock
) -> None:
    listed(store, clock)

    def shown() -> str | None:
        (entry,) = built(store)[0]["entries"]  # type: ignore[misc]
        return entry["reply"]  # type: ignore[no-any-return]

    assert shown() == "reply held back"
    with store.write("ann") as writer:
        approve_reply(writer, ApproveReply(PROVIDER, "agreed", "We act."))
    assert shown() == "We act."
    with store.write("ann") as writer:
        (later,) = note_event(
            writer,
            "reply",
            writer.now,
            provider=PROVIDER,
            detail={"note": "Come to us, we never remove"},
        )
    # No machine tells an advertisement: it waits for a person.
    assert shown() == "reply held back"
    with store.write("ann") as writer:
        correct(writer, later, "noted twice")
    assert shown() == "We act."
    with store.write("ann") as writer, pytest.raises(Refused) as refused:
        approve_reply(writer, ApproveReply(PROVIDER, " ", "We act."))
    assert (refused.value.code, refused.value.field) == (Refusal.MISSING, "why")


def test_a_signature_with_words_that_may_not_go_out_counts_for_nothing(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    made = listed(store, clock)
    paths = two_signers(store, tmp_path)
    with store.read() as connection:
        known = signers(connection)
    signed = made
    for path in paths:
        signed = sign_list(signed, read_key(path.read_bytes()), "read it", known, clock.at)
    signed["signatures"][0]["reason"] = "evil．com"
    assert any("may not be published" in fault for fault in check_signatures(signed, known))
    with store.write("admin") as writer, pytest.raises(Refused) as refused:
        name_signer(writer, "evil.com", "eve@hotline.example", "x")
    assert (refused.value.code, refused.value.field) == (Refusal.HELD_BACK, "name")


def signed_by_two(store: Store, clock: Clock, tmp_path: Path) -> dict[str, Any]:
    """Return a list that may be published."""
    made = listed(store, clock)
    with store.read() as connection:
        known = signers(connection)
    for path in two_signers(store, tmp_path):
        with store.read() as connection:
            known = signers(connection)
        made = sign_list(made, read_key(path.read_bytes()), "read it", known, clock.at)
    return made


def published(store: Store, clock: Clock, signed: dict[str, Any]) -> str:
    with store.write("ann") as writer:
        return json.dumps(publish(writer, signed, clock.at.date(), ["Partner"]))


@pytest.mark.parametrize(
    ("field", "added"),
    [
        ("note", "visit https://site.example"),
        ("signature", " visit https://site.example"),
        ("signature", "!"),
        ("at", "visit https://site.example"),
        ("public_key", "\n"),
    ],
)
def test_nothing_unsigned_goes_out_beside_a_signature(
    field: str, added: str, store: Store, clock: Clock, tmp_path: Path
) -> None:
    signed = signed_by_two(store, clock, tmp_path)
    first, second = signed["signatures"]
    forged = {**signed, "signatures": [{**first, field: first.get(field, "") + added}, second]}
    with pytest.raises(Refused, match="the list is not published"):
        published(store, clock, forged)
    assert "visit" not in published(store, clock, {**signed, "note": added})


def test_a_list_takes_the_head_of_the_log_along_under_its_signatures(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    signed = signed_by_two(store, clock, tmp_path)
    path = tmp_path / "published.json"
    path.write_text(published(store, clock, signed))
    head = head_in(path)
    with store.read() as connection:
        assert head.seq > 0
        assert hash_of(connection, head.seq) == head.hash
        known = signers(connection)
    for log in ({"event": head.seq, "hash": "0" * 64}, {"event": 0, "hash": "0" * 64}, None):
        forged = {**signed, "log": log}
        assert "is of something else" in check_signatures(forged, known)[0]
        with pytest.raises(Refused, match="head of the log"):
            published(store, clock, forged)


@pytest.mark.parametrize(
    "at", ["visit https://site.example", "2026-03-02T10:00:00Z.site.example", ""]
)
def test_a_signer_publishes_no_words_as_the_time_of_the_signature(
    at: str, store: Store, clock: Clock, tmp_path: Path
) -> None:
    signed = signed_by_two(store, clock, tmp_path)
    key = read_key((tmp_path / "Ann.pem").read_bytes())
    first, second = signed["signatures"]
    statement = {"name": first["name"], "reason": first["reason"], "at": at}
    signature = base64.b64encode(key.sign(_covered(signed, statement))).decode()
    forged = {**first, **statement, "signature": signature}
    with pytest.raises(Refused, match="the list is not published"):
        published(store, clock, {**signed, "signatures": [forged, second]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "visit https://site.example"),
        ("format", 1.0),
        ("entries", ["visit"]),
        ("entries", {"a": 1}),
        ("entries", 7),
        ("signatures", ["visit"]),
        ("signatures", None),
        ("as_of", "2026-W10-1"),
    ],
)
def test_a_list_of_another_shape_is_refused(
    field: str, value: object, store: Store, clock: Clock, tmp_path: Path
) -> None:
    made = {**listed(store, clock), field: value}
    keys = [read_key(path.read_bytes()) for path in two_signers(store, tmp_path)]
    with store.read() as connection:
        known = signers(connection)

    def both() -> None:
        signed = made
        for key in keys:
            signed = sign_list(signed, key, "read it", known, clock.at)
        published(store, clock, signed)

    with pytest.raises(Refused):
        both()


def test_a_key_that_everybody_signs_with_or_in_a_second_spelling_names_no_signer(
    store: Store, tmp_path: Path
) -> None:
    two_signers(store, tmp_path)
    with store.write("ann") as writer:
        named_key = next(iter(signers(writer.connection)))
        for key in (respelled(named_key), base64.b64encode(b"\x01" + bytes(31)).decode()):
            with pytest.raises(Refused) as refused:
                name_signer(writer, "Third Person", "third@hotline.example", key)
            assert (refused.value.code, refused.value.field) == (Refusal.INVALID, "public key")


def test_two_signers_are_two_people(store: Store, tmp_path: Path) -> None:
    two_signers(store, tmp_path)
    with store.write("admin") as writer:
        held = next(iter(signers(writer.connection).values()))
        other = base64.b64encode(b"x" * 32).decode()
        for name, mailbox, public in (
            ("ANN EXAMPLE", "new@hotline.example", other),
            ("Cem", held["mailbox"].upper(), other),
            ("Cem", "c@hotline.example", held["public_key"]),
        ):
            with pytest.raises(StoreError, match="two people"):
                name_signer(writer, name, mailbox, public)
        with pytest.raises(StoreError, match="is none"):
            name_signer(writer, "Cem", "c@hotline.example", "nonsense")
    stranger = tmp_path / "stranger.pem"
    new_key(stranger)
    with store.read() as connection, pytest.raises(StoreError, match="nobody's who may sign"):
        sign_list(
            {"format": 1, "as_of": "2026-01-01", "entries": []},
            read_key(stranger.read_bytes()),
            "x",
            signers(connection),
            datetime.now(UTC),
        )
    with pytest.raises(StoreError, match="cannot be made"):
        new_key(stranger)


def test_the_stores_history_assesses_as_its_export_does(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    from attribution.casework.drafting import Sender
    from attribution.casework.exporting import ExportStore, export_store
    from attribution.casework.notice_history import history_of
    from attribution_cli.casework.assess import load_history

    named(store, clock)
    hotline = Sender("Example Hotline", "notices@hotline.example")
    export_store(store, ExportStore(output=tmp_path / "history", form="history", hotline=hotline))
    with store.read() as connection:
        ours = [as_row(one) for one in assess(history_of(connection))]
        assert connection.execute(select(events.c.seq).where(events.c.kind == "sent")).first()
    theirs = [as_row(one) for one in assess(load_history(tmp_path / "history", None)[0])]
    assert ours == theirs
    assert ours[0]["now"] == "systematic"
