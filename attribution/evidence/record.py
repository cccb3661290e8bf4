"""One answer as it came: what was asked, of whom, when, and the bytes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urlsplit

from attribution.errors import EvidenceError
from attribution.evidence.legacy import question_of_sentence
from attribution.evidence.question import Question, question_from_json, question_to_json
from attribution.net.addresses import is_loopback

Kind = Literal[
    "dns",
    "origin_as",
    "bootstrap",
    "rdap",
    "whois",
    "nir_page",
    "suffix",
    "front",
    "mail",
    "told_origin",
    "canary",
    "desk",
    "served_from",
    "vouched",
    "registry_address",
]
Outcome = Literal[
    "answered",
    "not_found",
    "redirected",
    "rate_limited",
    "unreachable",
    "malformed",
    "refused",
    "nxdomain",
    "no_data",
    "servfail",
    "timeout",
    "lame",
]
UNANSWERED: frozenset[str] = frozenset(
    ["rate_limited", "unreachable", "malformed", "refused", "servfail", "timeout", "lame"]
)


@lru_cache(maxsize=512)
def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class Record:
    """One question and what came of it."""

    kind: Kind
    question: Question
    """What was asked, as fields."""
    server: str
    """The host that answered (for DNS: address and port of the resolver)."""
    fetched_at: datetime
    outcome: Outcome
    body: bytes = b""
    """The answer as it came. Of a DNS answer the
    transaction ID is zeroed, as RFC 8484 does for caches.
    """
    url: str | None = None
    """The URL asked; of a DNS question name and type, `site.example MX`."""
    http_status: int | None = None
    tls: bool = False
    retry_at: datetime | None = None
    note: str | None = None
    """Why there is no usable answer, for people only."""
    location: str | None = None
    """Where the server redirected to."""
    cached: bool = False
    """Whether it was taken from the cache."""
    stale: bool = False
    """Whether it is older than a cached answer may be; used since the server did not answer."""

    @property
    def sha256(self) -> str:
        """Hash of the body."""
        return _sha256(self.body)

    @property
    def came_unchanged(self) -> bool:
        """Whether nobody on the way could have changed the answer:
        over TLS, or never off this machine.
        """
        return self.tls or _is_loopback(self.server)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; bytes as UTF-8 text where they are that, else base64."""
        try:
            body: dict[str, str] = {"text": self.body.decode("utf-8")}
        except UnicodeDecodeError:
            body = {"base64": base64.b64encode(self.body).decode("ascii")}
        values: dict[str, Any] = {
            "kind": self.kind,
            "question": question_to_json(self.question),
            "server": self.server,
            "outcome": self.outcome,
            "fetched_at": self.fetched_at.isoformat(),
            "body": body,
            "url": self.url,
            "http_status": self.http_status,
            "tls": self.tls,
            "note": self.note,
            "location": self.location,
            "retry_at": self.retry_at.isoformat() if self.retry_at else None,
            "cached": self.cached,
            "stale": self.stale,
        }
        return {key: value for key, value in values.items() if value not in (None, False)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Record:
        """Read what `to_json` wrote. Raises EvidenceError
        when a field is missing or of another kind.
        """
        try:
            body = values["body"]
            return cls(
                kind=values["kind"],
                question=_question(values),
                server=str(values["server"]),
                fetched_at=datetime.fromisoformat(values["fetched_at"]),
                outcome=values["outcome"],
                body=base64.b64decode(body["base64"])
                if "base64" in body
                else body["text"].encode("utf-8"),
                url=values.get("url"),
                http_status=values.get("http_status"),
                tls=bool(values.get("tls")),
                retry_at=datetime.fromisoformat(values["retry_at"])
                if values.get("retry_at")
                else None,
                note=values.get("note"),
                location=values.get("location"),
                cached=bool(values.get("cached")),
                stale=bool(values.get("stale")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise EvidenceError(
                f"a kept answer cannot be read: {type(error).__name__} {error}"
            ) from None

    def about(self, question: Question) -> Record:
        """Return the same answer as one to this question."""
        return self if self.question == question else replace(self, question=question)

    def as_cached(self, *, stale: bool) -> Record:
        """Return the same answer, marked as taken from the cache."""
        return replace(self, cached=True, stale=stale)


def _is_loopback(server: str) -> bool:
    """Say whether a server, `host` or `host:port`, is an address of this machine."""
    try:
        return is_loopback(urlsplit(f"//{server}").hostname or "")
    except ValueError:
        return False


def _question(values: dict[str, Any]) -> Question:
    question = values["question"]
    if isinstance(question, str):
        return question_of_sentence(str(values["kind"]), question, values.get("url"))
    return question_from_json(question)
