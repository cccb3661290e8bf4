"""The list for publication: built, signed by two people, published, withdrawn; each step in the
log. Nothing is published by a program.

A signature is Ed25519 (RFC 8032) over the list's canonical JSON, which holds the hash of each
dossier. Signers are people who were named before, each with a mailbox and a key of their own: two
signatures of one person, one key or one mailbox are one. A key signs nothing while somebody else
could have opened its owner's account (`two_people`). A list may be signed and published on later
days than its own, while its dossiers are the same as of its day and its content is today's.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection, select

from attribution.casework.notice_history import history_of
from attribution.casework.openings import openings
from attribution.casework.people import person_of
from attribution.casework.providers import links, one_history, provider_named
from attribution.codes import Refusal
from attribution.errors import OutputExistsError, Refused
from attribution.files.whole_file import whole_file
from attribution.pattern.assess import assess
from attribution.pattern.dossier.dossier import dossier_of
from attribution.pattern.dossier.publication import (
    REPLY_HELD_BACK,
    SIGNED_DAYS,
    Company,
    content_of,
    entry,
    refusals,
)
from attribution.pattern.dossier.published_text import publishable, remedy_for
from attribution.pattern.dossier.render import dossier_hash
from attribution.pattern.history import History
from attribution.pattern.verdict import Assessment
from attribution.store.heads import days_head
from attribution.store.log import Writer
from attribution.store.signatures import fits, read_public_key
from attribution.store.tables import events, marks, providers
from attribution.store.times import micros, moment

SIGNERS_NEEDED = 2
FORMAT = 1
_SIGNED = ("format", "as_of", "log", "entries")
"""What the signatures of a list cover. `log` is the head of the log as its day began: with the list
it leaves the machine, and shows whether the log was rewritten since."""
_SIGNATURE_FIELDS = frozenset(["name", "reason", "at", "public_key", "signature"])
"""What of a signature is published: each is checked or signed, so that no words go out unread."""
_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
REPLY_APPROVED = "reply_approved"
"""The event that lets a provider's words out."""


def new_key(path: Path) -> str:
    """Make a signer's private key, readable for its owner only; return the public one.

    Raises Refused where a file is there: a key is never replaced. OutputError where it cannot be
    written.
    """
    key = Ed25519PrivateKey.generate()
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with whole_file(path, "wb", what="key") as out:
            out.write(raw)
    except OutputExistsError:
        raise Refused(
            Refusal.CONFLICT,
            "key",
            str(path),
            "it cannot be made, since a file of that name is there. Name another",
        ) from None
    return public_half(key)


def name_signer(
    writer: Writer, name: str, mailbox: str, public_key: str, *, replaces: bool = False
) -> None:
    """Note that a person may sign.

    `replaces` where it is a new key of the same person, after which the old one signs nothing more.
    Raises Refused where the name, mailbox or key is another signer's: mailboxes that differ in
    spelling or in a `+tag` are one.
    """
    name, mailbox = " ".join(name.split()), person_of(mailbox)
    if publishable(name) is None:
        remedy = f"it stands in the list: {remedy_for(name)}"
        raise Refused(Refusal.HELD_BACK if name else Refusal.MISSING, "name", name[:200], remedy)
    try:
        read_public_key(public_key)
    except ValueError:
        raise Refused(
            Refusal.INVALID,
            "public key",
            public_key[:200],
            "this is none; `attribution list key` makes one",
        ) from None
    for other in named_signers(writer.connection).values():
        same_name = other["name"].casefold() == name.casefold()
        same_mailbox = other["mailbox"] == mailbox
        if replaces and same_name and same_mailbox:
            continue
        if same_name or same_mailbox or other["public_key"] == public_key:
            raise Refused(
                Refusal.CONFLICT,
                "signer",
                name,
                f"{other['name']} signs with that name, mailbox or key already; two signers are "
                "two people",
            )
    writer.add_event(
        "signer_named",
        writer.now,
        detail={"name": name, "mailbox": mailbox, "public_key": public_key},
    )


def named_signers(connection: Connection) -> dict[str, dict[str, str]]:
    """Return who was named to sign, by public key; of one person the newest key."""
    return {signer["public_key"]: signer for signer, _ in _newest_keys(connection)}


def signers(connection: Connection) -> dict[str, dict[str, str]]:
    """Return who may sign now, by public key: whose account nobody else could have opened."""
    waiting = openings(connection)
    return {
        signer["public_key"]: signer
        for signer, seq in _newest_keys(connection)
        if not waiting.before(signer["mailbox"], seq)
    }


def check_may_sign(connection: Connection, public_key: str) -> None:
    """Raise Refused for a key that waits for a second person's confirmation."""
    named = named_signers(connection).get(public_key)
    if named is not None and public_key not in signers(connection):
        raise Refused(
            Refusal.UNCONFIRMED,
            "signing key",
            named["mailbox"],
            "somebody else saw the link that set this account up; another signer or administrator, "
            "who could not open it, confirms the account first (`attribution account confirm`)",
        )


def _newest_keys(connection: Connection) -> list[tuple[dict[str, str], int]]:
    rows = connection.execute(
        select(events.c.detail, events.c.seq)
        .where(events.c.provider_id.is_(None), events.c.kind == "signer_named")
        .order_by(events.c.seq)
    )
    newest: dict[str, tuple[dict[str, str], int]] = {}
    for row in rows:
        signer = json.loads(row.detail)
        newest[signer["mailbox"]] = (signer, row.seq)
    return list(newest.values())


def note_letter(writer: Writer, provider: str, sent_on: date, sha256: str, to: str) -> None:
    """Note that the letter with its dossier was sent to a provider."""
    identity, _ = provider_named(writer.connection, provider)
    at = int(datetime(sent_on.year, sent_on.month, sent_on.day, tzinfo=UTC).timestamp()) * 1_000_000
    writer.add_event(
        "letter",
        at,
        max(at, writer.now),
        provider_id=identity,
        detail={"to": to, "dossier_sha256": sha256},
    )


def build(connection: Connection, today: date) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the list as of today, and of every other candidate why it is not on it."""
    at = datetime(today.year, today.month, today.day, tzinfo=UTC)
    history = history_of(connection, at)
    return build_from(connection, history, assess(history, at), today)


def build_from(
    connection: Connection,
    history: History,
    assessed: list[Assessment],
    today: date,
    only: str | None = None,
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return the same from what was assessed as of today's beginning; of one provider alone, where
    `only` names it.
    """
    entries, refused = [], {}
    for one in assessed:
        wanted = only in one.names if only else one.now == "systematic"
        if not wanted:
            continue
        found, why = _entry(connection, history, one, today)
        if why:
            refused[one.names[0]] = why
        else:
            entries.append(found)
    entries.sort(key=lambda found: found["company"])
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    log = days_head(connection, micros(midnight)).as_json()
    return {"format": FORMAT, "as_of": today.isoformat(), "log": log, "entries": entries}, refused


def read_key(raw: bytes, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """Read a signer's private key (PEM). Raises Refused."""
    try:
        key = load_pem_private_key(raw, passphrase)
    except (ValueError, TypeError) as error:
        raise Refused(
            Refusal.INVALID, "signing key", type(error).__name__, "it cannot be read as PEM"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(
            Refusal.INVALID,
            "signing key",
            type(key).__name__,
            "this is no Ed25519 key; `attribution list key` makes one",
        )
    return key


def sign(
    signed: dict[str, Any],
    key: Ed25519PrivateKey,
    reason: str,
    known: dict[str, dict[str, str]],
    at: datetime,
) -> dict[str, Any]:
    """Return the list with one more signature.

    `known` is who may sign, by public key. Raises Refused for a key that is nobody's, or signed
    already, and for a reason that is missing or may not be published: it goes out with the list.
    """
    reason = " ".join(reason.split())
    _check_published("reason", reason, "say why (--reason); it stands beside the signature")
    public = public_half(key)
    if public not in known:
        raise Refused(
            Refusal.NOT_ALLOWED,
            "public key",
            public,
            "this key is nobody's who may sign; `attribution list signer` names one",
        )
    _objects(signed, "entries")
    given = _objects(signed, "signatures")
    if any(signature.get("public_key") == public for signature in given):
        raise Refused(
            Refusal.CONFLICT,
            "signer",
            known[public]["name"],
            "this person has signed this list already",
        )
    statement = {
        "name": known[public]["name"],
        "reason": reason,
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }
    signature = base64.b64encode(key.sign(_covered(signed, statement))).decode("ascii")
    return {
        **signed,
        "signatures": [*given, {**statement, "public_key": public, "signature": signature}],
    }


def check_signatures(signed: dict[str, Any], known: dict[str, dict[str, str]]) -> list[str]:
    """Say what is wrong with a list's signatures.

    Nothing where two different people signed exactly it. `known` is who may sign, by public key.
    """
    faults, people = [], set()
    for given in _objects(signed, "signatures"):
        if set(given) != _SIGNATURE_FIELDS or not _AT.fullmatch(str(given["at"])):
            faults.append("a signature has other fields than are signed, or no time")
            continue
        person = known.get(str(given.get("public_key")))
        if person is None:
            faults.append(
                f"{given.get('name')!r} signed with a key that is nobody's who may sign, or that "
                "waits for a confirmation"
            )
            continue
        statement = {name: given.get(name) for name in ("name", "reason", "at")}
        if publishable(str(given.get("reason"))) is None or given.get("name") != person["name"]:
            faults.append(f"name or reason of {person['name']} may not be published as they are")
            continue
        if not fits(person["public_key"], given.get("signature"), _covered(signed, statement)):
            faults.append(f"the signature of {person['name']} is of something else")
            continue
        people.add(person_of(person["mailbox"]))
    if len(people) < SIGNERS_NEEDED:
        faults.append(f"{len(people)} of {SIGNERS_NEEDED} different people have signed")
    return faults


def publish(
    writer: Writer, signed: dict[str, Any], today: date, recipients: list[str]
) -> dict[str, Any]:
    """Return the list as it may go out, and note who gets it.

    Raises Refused where anything does not hold today. The list may be up to 14 days old: what was
    signed has to be what the store gives for its day, and its content what it gives for today.
    """
    connection = writer.connection
    faults = check_signatures(signed, signers(connection))
    faults += _changes(connection, signed, today)
    if signed.get("format") is not FORMAT:
        faults.append(f"the list is not of the format {FORMAT}")
    if not _objects(signed, "entries"):
        faults.append("the list is empty")
    if not recipients:
        faults.append("say who gets it with --to: they are told when an entry is withdrawn")
    if faults:
        raise Refused(
            Refusal.CONFLICT,
            "list",
            str(signed.get("as_of"))[:40],
            "the list is not published: " + "; ".join(faults),
        )
    detail = {
        "as_of": signed["as_of"],
        "to": recipients,
        "entries": [listed["dossier_sha256"] for listed in signed["entries"]],
        "companies": [listed["company"] for listed in signed["entries"]],
    }
    given = {name: signed[name] for name in (*_SIGNED, "signatures")}
    writer.add_event("list_published", writer.now, detail={**detail, "list": given})
    return given


def _changes(connection: Connection, signed: dict[str, Any], today: date) -> list[str]:
    """Say what of a signed list is not so any more."""
    try:
        signed_for = date.fromisoformat(str(signed.get("as_of")))
        if signed_for.isoformat() != signed.get("as_of"):
            raise ValueError(signed_for)  # a week's day is a day too, in another spelling
    except ValueError:
        return [f"the list is of {str(signed.get('as_of'))[:40]!r}, which is no day"]
    if not timedelta(0) <= today - signed_for <= timedelta(days=SIGNED_DAYS):
        return [
            f"the list is of {signed_for}, and may go out until {SIGNED_DAYS} days after: build "
            "and sign it anew"
        ]
    now, _ = build(connection, today)
    then = now if signed_for == today else build(connection, signed_for)[0]
    if signed.get("log") != then["log"]:
        return ["the head of the log in it is not the one of its day: build and sign it anew"]
    exact = {listed["dossier_sha256"]: listed for listed in then["entries"]}
    contents = [content_of(listed) for listed in now["entries"]]
    return [
        f"{listed.get('company')}: what was signed is not what is found today"
        for listed in _objects(signed, "entries")
        if exact.get(str(listed.get("dossier_sha256"))) != listed
        or content_of(listed) not in contents
    ]


def note_signature(writer: Writer, provider: str, signed: dict[str, Any]) -> None:
    """Note the last signature of a list about one provider, for the next who signs."""
    identity, _ = provider_named(writer.connection, provider)
    detail = {
        "covers": list_hash(signed),
        "list": {name: signed[name] for name in _SIGNED},
        "signature": signed["signatures"][-1],
    }
    writer.add_event("list_signed", writer.now, provider_id=identity, detail=detail)


def noted_signatures(
    connection: Connection, provider: str, made: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the signatures that were noted of exactly this list about a provider."""
    identity, _ = provider_named(connection, provider)
    rows = connection.execute(
        select(events.c.detail)
        .where(events.c.kind == "list_signed", events.c.provider_id == identity)
        .order_by(events.c.seq)
    ).scalars()
    covers = list_hash(made)
    return [one["signature"] for one in map(json.loads, rows) if one["covers"] == covers]


def begun_list(
    connection: Connection, provider: str, made: dict[str, Any], today: date
) -> dict[str, Any]:
    """Return the list about one provider that somebody signed on an earlier day.

    Where its content is that of `made`, today's list; else `made` itself.
    """
    identity, _ = provider_named(connection, provider)
    rows = connection.execute(
        select(events.c.detail)
        .where(events.c.kind == "list_signed", events.c.provider_id == identity)
        .order_by(events.c.seq.desc())
    ).scalars()
    wanted = [content_of(listed) for listed in made["entries"]]
    earliest = (today - timedelta(days=SIGNED_DAYS)).isoformat()
    for begun in (json.loads(row).get("list") for row in rows):
        if begun is None or "log" not in begun or not earliest <= begun["as_of"] <= made["as_of"]:
            continue
        if [content_of(listed) for listed in begun["entries"]] == wanted:
            return dict(begun)
    return made


def list_hash(made: dict[str, Any]) -> str:
    """Return the SHA-256 of what a list's signatures cover, but for who signs."""
    return sha256(_covered(made, {})).hexdigest()


def withdraw(writer: Writer, company: str, why: str) -> dict[str, Any]:
    """Note that an entry is withdrawn; return what to tell, and whom.

    That is everybody who was given a list with it. Raises Refused.
    """
    rows = writer.connection.execute(
        select(events.c.detail).where(events.c.kind == "list_published").order_by(events.c.seq)
    ).scalars()
    lists = [published for published in map(json.loads, rows) if company in published["companies"]]
    if not lists:
        raise Refused(
            Refusal.NOT_FOUND,
            "company",
            company[:200],
            "no list with it was published; name it as the list does",
        )
    why = " ".join(why.split())
    _check_published("why", why, "say why with --why; it is told to everybody who has the list")
    recipients = sorted({recipient for published in lists for recipient in published["to"]})
    notice = {
        "format": 1,
        "withdrawn": company,
        "why": why,
        "at": f"{moment(writer.now):%Y-%m-%dT%H:%M:%SZ}",
        "lists": sorted({published["as_of"] for published in lists}),
    }
    writer.add_event("list_withdrawn", writer.now, detail={**notice, "to": recipients})
    return {**notice, "tell": recipients}


def _objects(signed: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the objects of a list's field; none where it is missing. Raises Refused for others."""
    rows = signed.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        remedy = "it holds JSON objects; take the list as `attribution list build` wrote it"
        raise Refused(Refusal.INVALID, name, str(rows)[:60], remedy)
    return list(rows)


def _check_published(field: str, text: str, needed: str) -> None:
    """Raise Refused for a text that is missing, or that may not go out."""
    if not text:
        raise Refused(Refusal.MISSING, field, text, needed)
    if publishable(text) is None:
        raise Refused(
            Refusal.HELD_BACK, field, text[:200], f"it goes out with the list: {remedy_for(text)}"
        )


def _entry(
    connection: Connection, history: History, one: Assessment, today: date
) -> tuple[dict[str, Any], list[str]]:
    identity, _ = provider_named(connection, one.names[0])
    group = one_history(links(connection), identity)
    row = connection.execute(
        select(providers.c.name, providers.c.country).where(providers.c.id == identity)
    ).one()
    values = dossier_of(one, history, row.country)
    systems = (
        connection.execute(
            select(marks.c.value).where(marks.c.kind == "asn", marks.c.provider_id.in_(group))
        )
        .scalars()
        .all()
    )
    letters = [
        moment(at).date()
        for at in connection.execute(
            select(events.c.at)
            .where(events.c.kind == "letter", events.c.provider_id.in_(group))
            .order_by(events.c.at)
        ).scalars()
    ]
    why = refusals(
        values,
        letter_on=letters[0] if letters else None,
        today=today,
        letters_in_a_year=sum(on > today - timedelta(days=365) for on in letters),
    )
    if why:
        return {}, why
    reply = _reply(connection, group)
    company = Company(name=row.name, country=row.country, systems=systems, reply=reply)
    return entry(values, company, dossier_hash(values)), []


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider last stated about itself."""

    seq: int
    """The number of the reply in the log."""
    provider_id: int
    note: str | None
    """Its words; None where only that it replied is on record."""
    approved: str | None
    """Its words as a person approved them for publication; None before that."""


def last_reply(connection: Connection, group: frozenset[int]) -> Reply | None:
    """Return the last reply of a provider under any of its names that was not taken back."""
    taken_back = select(events.c.corrects).where(
        events.c.kind == "correction", events.c.corrects.is_not(None)
    )
    row = connection.execute(
        select(events.c.seq, events.c.provider_id, events.c.detail)
        .where(
            events.c.kind == "reply",
            events.c.provider_id.in_(group),
            events.c.seq.not_in(taken_back),
        )
        .order_by(events.c.at.desc(), events.c.seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    approvals = connection.execute(
        select(events.c.detail)
        .where(events.c.kind == REPLY_APPROVED, events.c.provider_id == row.provider_id)
        .order_by(events.c.seq)
    ).scalars()
    texts = [given["text"] for given in map(json.loads, approvals) if given["reply"] == row.seq]
    note = json.loads(row.detail).get("note")
    return Reply(
        row.seq,
        row.provider_id,
        None if note is None else str(note),
        texts[-1] if texts else None,
    )


def _reply(connection: Connection, group: frozenset[int]) -> str | None:
    """Return what the provider last stated, as a person approved it, or that it is held back."""
    reply = last_reply(connection, group)
    return None if reply is None else reply.approved or REPLY_HELD_BACK


def _covered(signed: dict[str, Any], statement: dict[str, Any]) -> bytes:
    """Return the bytes that a signature covers: the list itself, who signs, why and when."""
    plain = {name: signed.get(name) for name in _SIGNED}
    return json.dumps(
        [plain, statement], ensure_ascii=True, sort_keys=True, separators=(",", ":")
    ).encode("ascii")


def public_half(key: Ed25519PrivateKey) -> str:
    """Return the public half of a key, in base64."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode(
        "ascii"
    )
