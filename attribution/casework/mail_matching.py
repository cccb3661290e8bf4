"""Which case and notice a mail is about, and whether it comes from where that notice went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from attribution.mail import Method, Reading, speaks_for
from attribution.mail.forms import DAEMON_MAILBOX
from attribution.mail.origin import SHARED_DOMAINS
from attribution.store import Reader
from attribution.store.queries.cases import cases_with_ids, cases_with_tokens, mixed_case_tokens
from attribution.store.queries.notices import SentNotice, sent_notices
from attribution.store.times import micros


class MatchedBy(StrEnum):
    """By what a mail was matched to its case."""

    MESSAGE_ID = "message_id"
    """It answers or gives back the Message-ID of a notice."""
    ENVELOPE_ID = "envelope_id"
    """A delivery report names the notice's ENVID."""
    TOKEN = "token"  # noqa: S105 - a case's token, no password
    """The case's token stands in it."""


@dataclass(frozen=True, slots=True)
class Match:
    """A case that a mail is about."""

    case: str
    case_id: int
    provider_id: int
    by: MatchedBy
    notice: SentNotice | None
    """The notice that it is about, as far as can be told; None where none was sent."""

    @property
    def mailbox(self) -> str:
        """The mailbox written to; empty where none is known."""
        to = str(self.notice.detail.get("to", "")) if self.notice else ""
        return to if "@" in to else ""


@dataclass(frozen=True, slots=True)
class Origin:
    """What proves that a mail comes from where the notice went."""

    method: Method
    domain: str


class Matcher:
    """Matches mails to cases. What it reads of the store it keeps for one run."""

    def __init__(self) -> None:
        self._by_lower_token: dict[str, set[int]] | None = None
        self._named: dict[str, list[SentNotice]] | None = None

    def match(self, reader: Reader, reading: Reading) -> tuple[Match, ...]:
        """Return the cases that a mail is about; none where it is not clear.

        Several are returned where one mail was about several: of one provider only.
        """
        by_name, by = self._by_name(reader, reading)
        by_token = self._by_token(reader, reading.tokens)
        ids = {notice.case_id for notice in by_name}
        if ids and by_token:
            ids &= by_token
        elif not ids:
            ids, by = by_token, MatchedBy.TOKEN
        rows = cases_with_ids(reader, sorted(ids)) if ids else []
        if len({row.provider_id for row in rows}) != 1:
            return ()
        sent: dict[int, list[SentNotice]] = {}
        for notice in sent_notices(reader, sorted(ids)):
            sent.setdefault(notice.case_id, []).append(notice)
        named = {notice.case_id: notice for notice in by_name}
        return tuple(
            Match(
                row.key,
                row.id,
                row.provider_id,
                by,
                named.get(row.id) or _notice_meant(sent.get(row.id, []), reading),
            )
            for row in rows
        )

    def _by_name(self, reader: Reader, reading: Reading) -> tuple[list[SentNotice], MatchedBy]:
        """Return the notices whose Message-ID, else whose ENVID, the mail names."""
        if not reading.references and not reading.envelope_id:
            return [], MatchedBy.MESSAGE_ID
        if self._named is None:
            self._named = _notices_by_name(reader)
        named = self._named
        notices = [
            notice for name in reading.references for notice in named.get(f"id {_folded(name)}", [])
        ]
        if notices or not reading.envelope_id:
            return notices, MatchedBy.MESSAGE_ID
        return named.get(f"envid {_folded(reading.envelope_id)}", []), MatchedBy.ENVELOPE_ID

    def _by_token(self, reader: Reader, tokens: tuple[str, ...]) -> set[int]:
        """Return the cases whose tokens a mail has, in any case where that names one case."""
        if not tokens:
            return set()
        spellings = sorted({*tokens, *(token.lower() for token in tokens)})
        exact = cases_with_tokens(reader, spellings)
        case_ids = {exact[token] for token in tokens if token in exact}
        for token in tokens:
            if token in exact:
                continue
            folded = {exact[token.lower()]} if token.lower() in exact else set()
            folded = folded | self._mixed_case(reader).get(token.lower(), set())
            case_ids |= folded if len(folded) == 1 else set()
        return case_ids

    def _mixed_case(self, reader: Reader) -> dict[str, set[int]]:
        if self._by_lower_token is None:
            self._by_lower_token = {}
            for token, case_id in mixed_case_tokens(reader):
                self._by_lower_token.setdefault(token.lower(), set()).add(case_id)
        return self._by_lower_token


def origin_of(reading: Reading, mailbox: str, *, below: bool) -> Origin | None:
    """Return what proves that a mail comes from the domain of the mailbox written to.

    Of mail systems, also that our own relay made it. `below`: see `speaks_for`.
    """
    domain = mailbox.rpartition("@")[2]
    if reading.is_from_system and reading.by_own_relay:
        return Origin(Method.OWN_RELAY, reading.reporting_server or "")
    if domain in SHARED_DOMAINS and not _is_own_mailbox(reading, mailbox):
        return None
    for check in reading.passes:
        if domain and speaks_for(check.domain, domain, below=below):
            return Origin(check.method, check.domain)
    return None


def _is_own_mailbox(reading: Reading, mailbox: str) -> bool:
    """Say whether a mail is of the very mailbox, or of its mail system: none of its neighbours'."""
    local = reading.sender.rpartition("@")[0]
    return reading.sender == mailbox or (
        reading.is_from_system and DAEMON_MAILBOX.fullmatch(local) is not None
    )


def _notices_by_name(reader: Reader) -> dict[str, list[SentNotice]]:
    named: dict[str, list[SentNotice]] = {}
    for notice in sent_notices(reader):
        message_id, envelope_id = (
            str(notice.detail.get(name) or "") for name in ("message_id", "envelope_id")
        )
        if message_id:
            named.setdefault(f"id {_folded(message_id)}", []).append(notice)
        if envelope_id:
            named.setdefault(f"envid {_folded(envelope_id)}", []).append(notice)
    return named


def _folded(name: str) -> str:
    """Return a Message-ID or ENVID for comparing: ticket systems write it in other case and
    brackets.
    """
    return name.strip().strip("<>").lower()


def _notice_meant(sent: list[SentNotice], reading: Reading) -> SentNotice | None:
    """Return the notice that a mail is about: the last before it, if there is one to its sender."""
    at = None if reading.at is None else micros(reading.at)
    before = [notice for notice in sent if at is None or notice.sent_at <= at] or sent
    named = {reading.sender, *(recipient.mailbox for recipient in reading.recipients)}
    meant = [notice for notice in before if notice.detail.get("to") in named]
    return next(reversed(meant or before), None)
