"""What a format of exports is: which rows it takes, and how it writes them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import IO, Any, ClassVar, Protocol

Row = Mapping[str, Any]


class RowKind(StrEnum):
    """What the rows of an export are about; `casework.exporting` asks the store for them."""

    NOTICES = "notices"
    """Cases whose first notice was sent, as `notices.jsonl` of a history has them."""
    REPORTS = "reports"
    """URLs of sent notices, by a name that stands for each, as in `reports.jsonl`."""
    EVENTS = "events"
    """What happened, without what was taken back, as in `events.jsonl`."""
    ALIASES = "aliases"
    """Links between providers that hold, as in `aliases.jsonl`."""
    CASES = "cases"
    """Every case with its site and state, the latest first."""
    LOG = "log"
    """Every event as it was logged, with names for ids; times in microseconds since 1970."""
    REPORTED_URLS = "reported_urls"
    """`url` and its case's `token` of every report whose URL the store keeps."""
    PROVIDERS = "providers"
    """Providers with cases: `key`, `name`, `known_at`, `last_opened` and `counts` by state."""


class Hotline(Protocol):
    """Who gives the rows out, as a format names it."""

    @property
    def name(self) -> str:
        """Name of the hotline; may be empty."""

    @property
    def mailbox(self) -> str:
        """Mailbox for replies."""

    @property
    def anonymous(self) -> bool:
        """Whether reports leave the name out."""


class ExportFormat(ABC):
    """A format that the store can be exported in."""

    name: ClassVar[str]
    """Value of the option `--format`."""

    kinds: ClassVar[tuple[RowKind, ...]]
    """Rows that it takes. One kind makes one file; several make a folder with a `.jsonl` each."""

    package: ClassVar[str | None] = None
    """Package of the extra `exchange` that it needs."""

    @abstractmethod
    def write(self, rows: Iterable[Row], out: IO[bytes], hotline: Hotline) -> int:
        """Write the rows of one kind to an open file; return how many there were."""


class PartnerListFormat(ABC):
    """A format in which the published list goes to a closed circle of partners."""

    name: ClassVar[str]
    """Value of the option `--format`."""

    package: ClassVar[str]
    """Package of the extra `exchange` that it needs."""

    @abstractmethod
    def convert(self, published: Row, hotline: str) -> dict[str, Any]:
        """Return the list (`as_of`, `entries`) as a JSON object, with nothing more in it."""
