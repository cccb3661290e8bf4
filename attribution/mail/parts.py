"""A mail in parts, within bounds: at most 2 MB read, 200 parts, depth 20, in one pass.

Python's parser recurses by depth and takes time by depth times size; this one keeps a stack of the
boundaries that are open, and visits only lines that could be one. What is wrong is read as far as
it goes and never raises.

Sources: RFC 5322 (fields), RFC 2045 and 2046 (parts).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from attribution.codes import Code
from attribution.mail.text import LONGEST_VALUE, decoded, header_text, transfer_decoded

MOST_BYTES = 2 * 1024 * 1024
MOST_PARTS = 200
MOST_DEPTH = 20
MOST_FIELDS = 1_000
MOST_HEADER_BYTES = 256 * 1024
MOST_TEXT_BYTES = 256 * 1024
"""Bytes of one part that are read as text."""
_BOUNDARY_LINE = re.compile(rb"^--[^\n]{1,200}$", re.MULTILINE)
_FIELD = re.compile(r"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
_PARAMETER = re.compile(
    r';\s{0,50}([\w*-]{1,60})\s{0,20}=\s{0,20}("[^"\n]{0,1000}"|[^\s;"]{1,1000})'
)


class Bound(Code):
    """A bound that a mail goes beyond; what lies beyond is not read."""

    BYTES = "bytes", "More than 2 MB."
    PARTS = "parts", "More than 200 parts."
    DEPTH = "depth", "Parts inside one another, deeper than 20."
    FIELDS = "fields", "Header fields: more than 1,000, or more than 256 kB."


@dataclass(frozen=True, slots=True)
class Fields:
    """The header fields of a mail or part, in their order. Names compare without case."""

    rows: tuple[tuple[str, str], ...] = ()
    """Lower-case name, and value unfolded."""

    def all(self, name: str) -> list[str]:
        """Return every value of a field, encoded words read."""
        return [header_text(value) for key, value in self.rows if key == name]

    def get(self, name: str) -> str:
        """Return the first value of a field; an empty text where there is none."""
        for key, value in self.rows:
            if key == name:
                return header_text(value).strip()
        return ""

    def has(self, *names: str) -> bool:
        """Say whether one of some fields is there."""
        return any(key in names for key, _ in self.rows)


@dataclass(slots=True)
class Part:
    """A leaf of a mail: fields, and where its body lies."""

    fields: Fields
    depth: int
    body: bytes = b""
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def is_attachment(self) -> bool:
        """Say whether the sender meant it to be opened apart."""
        return self.fields.get("content-disposition").lower().startswith("attachment")

    @property
    def content(self) -> bytes:
        """The body, its transfer encoding undone; the beginning of a long one."""
        raw = self.body[:MOST_TEXT_BYTES]
        return transfer_decoded(raw, self.fields.get("content-transfer-encoding"))

    @property
    def text(self) -> str:
        """The body as text, by its charset."""
        return decoded(self.content, self.parameters.get("charset", ""))


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail: its fields, its stated content type, and its leaves in their order."""

    fields: Fields
    content_type: str
    parameters: dict[str, str]
    leaves: tuple[Part, ...]
    envelope_line: str = ""
    """The line `From …` before the fields, where a mailbox file has one."""
    beyond: frozenset[Bound] = frozenset()


def parse_mail(raw: bytes) -> Mail:
    """Read a mail's fields and parts. Never raises: what cannot be read is left out."""
    beyond = {Bound.BYTES} if len(raw) > MOST_BYTES else set()
    whole = raw[:MOST_BYTES]
    if b"\n" not in whole:
        whole = whole.replace(b"\r", b"\n")  # the line ends of classic Macintosh
    whole = re.sub(rb"\r{1,4}\n", b"\n", whole)
    envelope_line, start = "", 0
    if whole.startswith(b"From "):
        start = whole.find(b"\n") + 1 or len(whole)
        envelope_line = decoded(whole[: min(start, 500)]).strip()
    return _Parser(whole, beyond).parse(start, envelope_line)


@dataclass(slots=True)
class _Open:
    """A multipart whose end was not seen yet."""

    boundary: bytes
    preamble: Part
    children: int = 0


class _Parser:
    """One pass over a mail's lines that could be boundaries."""

    def __init__(self, whole: bytes, beyond: set[Bound]) -> None:
        self.whole, self.beyond = whole, beyond
        self.stack: list[_Open] = []
        self.places: dict[bytes, int] = {}
        """Open boundary -> its place in the stack."""
        self.leaves: list[Part] = []
        self.count = 0

    def parse(self, start: int, envelope_line: str) -> Mail:
        """Read the mail that begins at a byte."""
        top, begin = self._head(start, 0)
        self._enter(top)
        current: Part | None = top
        for match in _BOUNDARY_LINE.finditer(self.whole, begin):
            if match.start() < begin or not self.stack:
                continue
            closing, place = self._place(match[0].rstrip())
            if place is None:
                continue
            self._finish(current, begin, match.start())
            begin, current = self._next(match.end() + 1, place, closing=closing)
            if self.count > MOST_PARTS:
                self.beyond.add(Bound.PARTS)
                current = None
                break
        self._finish(current, begin, len(self.whole))
        self._close(0)
        return Mail(
            top.fields,
            top.content_type,
            top.parameters,
            tuple(self.leaves),
            envelope_line,
            frozenset(self.beyond),
        )

    def _place(self, line: bytes) -> tuple[bool, int | None]:
        """Return whether a line closes a multipart, and which: its place in the stack."""
        name = line[2:]
        if name in self.places:
            return False, self.places[name]
        if name.endswith(b"--") and name[:-2] in self.places:
            return True, self.places[name[:-2]]
        return False, None

    def _next(self, start: int, place: int, *, closing: bool) -> tuple[int, Part | None]:
        """Go on after a boundary; return where the next body begins, and the part that it is of."""
        self._close(place + (not closing))
        if closing:
            return start, None
        self.stack[place].children += 1
        self.count += 1
        part, begin = self._head(start, place + 1)
        self._enter(part)
        return begin, part

    def _head(self, start: int, depth: int) -> tuple[Part, int]:
        """Read the fields that begin at a byte; return them and where the body begins."""
        if self.whole[start : start + 1] == b"\n":
            return Part(Fields(), depth), start + 1
        limit = start + MOST_HEADER_BYTES
        end = self.whole.find(b"\n\n", start, limit)
        if end < 0:
            if len(self.whole) > limit:
                self.beyond.add(Bound.FIELDS)
                rest = self.whole.find(b"\n\n", limit)
                body = len(self.whole) if rest < 0 else rest + 2
            else:
                body = len(self.whole)
            block = self.whole[start:limit]
        else:
            block, body = self.whole[start:end], end + 2
        fields, whole = read_fields(decoded(block))
        if not whole:
            self.beyond.add(Bound.FIELDS)
        if not fields.rows and depth:
            return Part(fields, depth), start  # a part without fields: all of it is the body
        part = Part(fields, depth)
        part.content_type, part.parameters = content_type(fields.get("content-type"))
        return part, body

    def _enter(self, part: Part) -> None:
        """Open a multipart, where the part is one and the bound of depth allows it."""
        boundary = part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
        if not part.content_type.startswith("multipart/") or not boundary:
            return
        if len(self.stack) >= MOST_DEPTH:
            self.beyond.add(Bound.DEPTH)
            return
        self.places.setdefault(boundary, len(self.stack))
        self.stack.append(_Open(boundary, part))

    def _finish(self, part: Part | None, start: int, end: int) -> None:
        """Give a part its body; it is a leaf unless it holds parts of its own."""
        if part is None:
            return
        part.body = self.whole[start:end]
        if not (self.stack and self.stack[-1].preamble is part):
            self.leaves.append(part)

    def _close(self, place: int) -> None:
        """End the multiparts from a place of the stack on.

        What stands before the parts is no text of the mail, unless there are no parts.
        """
        for level in self.stack[place:]:
            if self.places.get(level.boundary, -1) >= place:
                del self.places[level.boundary]
            if not level.children:
                self.leaves.append(level.preamble)
        del self.stack[place:]


def read_fields(text: str) -> tuple[Fields, bool]:
    """Read header fields from their lines, unfolded; and say whether all were read.

    A line that is neither a field nor goes on with one belongs to the field before it: relays break
    long lines without folding them.
    """
    rows: list[tuple[str, list[str]]] = []
    whole = True
    for line in text.split("\n"):
        match = None if line[:1] in (" ", "\t", "") else _FIELD.fullmatch(line)
        if match:
            if len(rows) >= MOST_FIELDS:
                whole = False
                break
            rows.append((match[1].lower(), [match[2].strip()[:LONGEST_VALUE]]))
        elif rows and len(rows[-1][1]) < 200:
            rows[-1][1].append(line.strip()[:LONGEST_VALUE])
    return Fields(tuple((name, " ".join(pieces)[:LONGEST_VALUE]) for name, pieces in rows)), whole


def content_type(value: str) -> tuple[str, dict[str, str]]:
    """Return a Content-Type in lower case, and its parameters by lower-case name."""
    kind = next(iter(value.split(";", 1)[0].split()), "").lower()  # some leave the semicolon out
    parameters = {
        match[1].lower().rstrip("*"): match[2].strip('"') for match in _PARAMETER.finditer(value)
    }
    return kind if "/" in kind else "text/plain", parameters


def text_parts(mail: Mail) -> Iterator[Part]:
    """Yield the parts that a person reads: text that is no attachment."""
    for part in mail.leaves:
        readable = part.content_type in ("text/plain", "text/html", "text/enriched")
        broken = part.content_type.startswith("multipart/")
        if (readable or broken) and not part.is_attachment:
            yield part
