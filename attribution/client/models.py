"""Requests and replies of the service's HTTP interface: the JSON contract of server and client.

Times are UTC (RFC 3339). A reported URL is only in a request's body or an answer's `input`, never
in the address of a request.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from attribution.models import Attribution

MOST_TARGETS = 10_000
"""Targets of one batch."""
_Item = TypeVar("_Item")
Text = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=500)]
Cases = Annotated[list[Name], Field(max_length=10_000)]
"""Cases that a letter lists, by key."""


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Problem(BaseModel):
    """Why a request failed (RFC 9457)."""

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    """The kind of problem: `urn:attribution:problem:NAME`."""
    title: str
    status: int
    detail: str | None = None
    errors: list[dict[str, Any]] | None = None
    """Of an invalid request: each field, and what is wrong with it."""


class Page(_Reply, Generic[_Item]):
    """Some items of a list; `next` is the cursor for those after them, None at the end."""

    items: list[_Item]
    next: str | None = None


class DisclosedOriginRequest(_Request):
    """An origin's address behind a reverse proxy, as its operator disclosed it."""

    address: Annotated[str, Field(max_length=64)]
    source: Annotated[str, Field(min_length=1, max_length=200)]
    told_at: datetime


class TargetRequest(_Request):
    """What to look up."""

    target: Annotated[str, Field(min_length=1, max_length=20_000)]
    """URL, host name or address, defanged or not."""


class EvidenceRequest(TargetRequest):
    """What to look up, for an answer with its evidence."""

    origins: Annotated[list[DisclosedOriginRequest], Field(max_length=20)] = []


class BatchRequest(_Request):
    """A list to look up."""

    targets: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=20_000)]],
        Field(min_length=1, max_length=MOST_TARGETS),
    ]


class Batch(_Reply):
    """A list that is looked up, and how far it is."""

    id: str
    state: Literal["running", "done", "stopped"]
    total: int
    done: int
    counts: dict[str, int]
    """How many answers of each status."""
    made_at: datetime


class BatchResult(_Reply):
    """The answer to one target of a batch; `line` counts from 1, in the order of the request."""

    line: int
    attribution: Attribution


class ReportRequest(_Request):
    """A reported URL, to be looked up and kept."""

    url: Annotated[str, Field(min_length=1, max_length=20_000)]
    reported_at: datetime | None = None
    served_from: Annotated[str, Field(max_length=60)] | None = None
    """The address, of those that DNS gives, that was seen to serve the content."""


class KnownUrlItem(_Reply):
    """What the store knows of a URL that was reported before."""

    state: Literal["open", "gone"]
    """`gone`: it was gone when it was last checked, and may have reappeared."""
    report: str
    """The last report of it; the last that is open where one is."""
    reported_at: datetime
    case: str | None
    """None while nobody is known to be responsible."""
    provider: str | None
    company: str | None
    """The provider's name."""
    sent_at: datetime | None
    """When the last notice of the case was sent."""


class ReportAdded(_Reply):
    """The report and the case of a reported URL."""

    report: str
    case: str | None
    """None while nobody is known to be responsible."""
    provider: str | None
    duplicate: bool
    """The URL was reported before and is open: nothing new was stored."""
    same_site: list[str]
    """Other cases of the same site."""
    candidate_cases: list[str] = []
    """The cases at every company, where DNS alone leads to several."""
    known: KnownUrlItem | None = None
    """What was known of the URL before."""


class CaseItem(_Reply):
    """A case in a list."""

    case: str
    provider: str
    site: str | None
    opened_at: datetime
    state: Literal["gathering", "sent", "received", "bounced", "over"]
    urls: int
    online: int


class ReportItem(_Reply):
    """A reported URL of a case, by the key of its report; it does not contain the URL."""

    report: str
    reported_at: datetime
    host: str | None
    erased: bool
    url_kept: bool
    has_evidence: bool
    last_check: str | None
    checked_at: datetime | None


class EventItem(_Reply):
    """An event of a case."""

    seq: int
    kind: str
    at: datetime
    known_at: datetime
    recorded_at: datetime
    who: str
    report: str | None
    corrects: int | None
    detail: dict[str, Any]


class NextStep(_Reply):
    """What may be done next, and on what basis."""

    step: str
    basis: str | None
    since: str | None


class Case(CaseItem):
    """A case with its URLs and events."""

    next_step: NextStep | None
    reports: list[ReportItem]
    events: list[EventItem]


class EventRequest(_Request):
    """An event of a case, to be noted."""

    kind: Annotated[str, Field(max_length=40)]
    at: datetime | None = None
    """Default: now."""
    report: Annotated[str, Field(max_length=40)] | None = None
    """Key of the report whose URL it happened to; default: all URLs of the case."""
    note: Text | None = None
    automatic: bool | None = None
    """Of `ack`: a program sent it."""
    believed: bool | None = None
    """Of `bounce`: false where neither our relay nor the mailbox's domain vouches for it."""
    served_by: Name | None = None
    """Of a check: the provider whose address served the content; null where unknown."""
    resolved_to: Annotated[list[Name], Field(max_length=50)] | None = None
    """Of a check: the providers of all addresses of the name, by a lookup within a day."""
    compared: Annotated[str, Field(max_length=40)] | None = None
    """Of a check: `person`, `content` or `status`."""
    checker: Name | None = None
    to: Name | None = None
    """Of `moved_to_other_host`: where it went."""
    legal_ground: Name | None = None
    """Of `refused`: the legal ground that the provider states."""
    by_whom: Name | None = None
    """Of `illegality_confirmed`: the authority or hotline."""
    notices: Cases | None = None
    """Of `letter_delivered`: keys of the cases that the letter lists."""


class ProviderEventRequest(_Request):
    """An event of a provider as a whole, to be noted."""

    kind: Annotated[str, Field(max_length=40)]
    at: datetime | None = None
    """Default: now."""
    note: Text | None = None
    by: Literal["hotline", "provider"] | None = None
    """Of `contact_corrected`: who wants the other address."""
    channel: Name | None = None
    """Of `channel_failed` and `contact_confirmed`: the channel."""
    notices: Cases | None = None
    """Of `letter_delivered`: keys of the cases that the letter lists."""


class Noted(_Reply):
    """Numbers of the events that were noted."""

    events: list[int]


class NoticeRequest(_Request):
    """A notice that was sent."""

    to: Annotated[str, Field(min_length=3, max_length=320)]
    at: datetime | None = None
    message_id: Annotated[str, Field(max_length=998)] | None = None
    channel: Annotated[str, Field(max_length=40)] = "mail"


class NoticeNoted(_Reply):
    """What was noted: the first notice of a case, or a reminder."""

    noted: Literal["sent", "reminder"]


class DueItem(_Reply):
    """A notice or reminder that is due, and what prevents it."""

    case: str
    provider: str
    what: Literal["notice", "reminder"]
    since: datetime
    to: str | None
    reports: list[str]
    in_the_way: list[str]
    route_to: str | None
    may_gather_until: datetime | None = None
    """Advice: until when more reports of the site may gather in a first notice."""


class DraftRequest(_Request):
    """Language of a draft, and URLs of which the store has only a keyed hash."""

    language: Annotated[str, Field(pattern="^[a-z]{2}$")] | None = None
    urls: Annotated[
        list[Annotated[str, Field(max_length=20_000)]], Field(max_length=MOST_TARGETS)
    ] = []


class DraftItem(_Reply):
    """A notice to one party, ready for review. It contains URLs."""

    what: Literal["notice", "reminder"]
    to: str
    mailbox: str | None
    role: str
    when: str
    subject: str
    text: str
    reply_to: str
    xarf: list[dict[str, Any]]
    in_the_way: list[str]


class RecheckedItem(_Reply):
    """Result of a new lookup of a report's host."""

    report: str
    host: str
    outcome: Literal["unchanged", "changed", "moved", "found", "unknown"]
    before: str | None
    after: str | None


class ProviderItem(_Reply):
    """A provider in a list."""

    provider: str
    name: str
    country: str | None
    cases: int
    last_opened: datetime | None


class ProviderDetail(_Reply):
    """A provider with its identifiers, links and events, without its cases."""

    provider: str
    name: str
    country: str | None
    known_at: datetime
    one_history_with: list[str]
    marks: list[dict[str, Any]]
    links: list[dict[str, Any]]
    approved: list[dict[str, Any]]
    terms: dict[str, Any]
    cases: int
    events: dict[str, int]
    statements: list[dict[str, Any]]


class ApprovalRequest(_Request):
    """A mailbox that a person verified, and how."""

    mailbox: Annotated[str, Field(min_length=3, max_length=320)]
    why: Text


class CheckRequest(_Request):
    """What a registered checker saw of a reported URL, signed with its key.

    docs/guides/record-signed-checks.md has the form of a statement.
    """

    checker: Text
    """The checker's public key: Ed25519, base64."""
    report: Text
    state: Literal["online", "offline"]
    seen_at: Text
    """ISO 8601 with an offset."""
    served_by: Annotated[str, Field(min_length=1, max_length=200)] | None
    """Id of the provider whose address served the content; null where unknown."""
    method: Literal["person", "content", "status"]
    """How the content was compared."""
    vantage_country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    signature: Text
    """Over the other fields as canonical JSON, base64."""


class VouchRequest(_Request):
    """A vouching: a company answers for what it hosts, though its block is a customer's."""

    why: Text
    name: Annotated[str, Field(max_length=300)] | None = None
    """Its name, if the store has no such provider."""
    withdraw: bool = False
    """Withdraw the vouching instead."""


class Flag(_Reply):
    """Since when a provider meets the conditions; it stays in the record when it is withdrawn."""

    meets_conditions_since: str
    tests: list[str]
    released: str | None
    withdrawn: str | None


class TestResult(_Reply):
    """Result of one test: E of the frozen blocks, and of everything known."""

    __test__ = False

    test: str
    e_frozen: float
    e_now: float
    threshold: float
    evidence: str
    missing: list[str]


class Assessed(_Reply):
    """Assessment of one provider, as of `looked_at`.

    docs/explanation/pattern.md explains each figure.
    """

    provider: str
    names: list[str]
    label: str
    now: str
    first_flagged: str | None
    released: str | None
    p_systematic: float
    flags: list[Flag]
    e_value: float
    evidence: str
    """How strong E is, in words: none, weak, strong or overwhelming."""
    tests: list[TestResult]
    noted_since: str | None
    weeks: int
    weeks_at_flag: int | None
    sites: int
    cases: int
    admitted: int
    share_failed: float | None
    floors_missing: list[str]
    floors_missing_codes: list[str]
    dropped: dict[str, int]
    perhaps_with: list[str]
    """Names that may be the same operator, as sites move between them; a person has to check."""
    e_if_one: float | None
    next_step: NextStep | None
    looked_at: str


class ContestRequest(_Request):
    """Cases that a provider contests."""

    provider: Annotated[str, Field(min_length=1, max_length=300)]
    without: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=MOST_TARGETS)]


class Contested(_Reply):
    """Whether a label stands without some cases, and by what margin (powers of ten of E)."""

    provider: str
    at: str
    without: list[str]
    unknown: list[str]
    label_before: str
    label_after: str
    stands: bool
    e_value_before: float
    e_value_after: float
    margin: float | None
    floors_missing: list[str]


class RegistryItem(_Reply):
    """Rate limit of a registry, and how it answers."""

    service: str
    closed_until: str | None
    why: str | None
    note: str | None
    last_trouble: str | None
    rate: float
    rate_limit: float
    burst: int
    in_the_air: int
    concurrent: int
    asked: int
    refused: int
    failed: int
    people_today: int
    people_limit: int
    last_asked: str | None


class AuditItem(_Reply):
    """An entry of the audit log."""

    seq: int
    at: datetime
    who: str
    what: str
    case: str | None
    provider: str | None
    detail: dict[str, Any]


class Health(_Reply):
    """Health of the service."""

    status: Literal["ok"]
    version: str
