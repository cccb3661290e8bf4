"""Mail addresses and web forms as registries write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

import idna

from attribution.files.shown_text import DANGEROUS

QUOTES = (
    "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a\u2032\u2033"
)
"""Straight, typographic and wrongly used quotation marks; those of Chinese and Japanese follow."""
QUOTES += "\u275b\u275c\u275d\u275e\u300c\u300d\u300e\u300f\u301d\u301e\u301f\uff02\uff07"

_BETWEEN = re.compile(r"[\s<>()\[\],;]+")
_ENDS = QUOTES + ".:!?\u3002"
_QUOTED = frozenset(QUOTES)
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&+/=?^_{|}~-]+(?:\.[A-Za-z0-9!#$%&+/=?^_{|}~-]+)*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ASCII_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_FORM = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_GEOFEED = re.compile(r"geofeed:? (https://\S+)", re.IGNORECASE)
_LONGEST = 320
"""Characters of the longest mailbox (RFC 5321, section 4.5.3.1: 64 + 1 + 255)."""
_WITHHELD = re.compile(
    r"redacted|withheld|not disclosed|data protected|statutory masking|gdpr"
    r"|privacy (?:protect|service)|masked",
    re.IGNORECASE,
)


def read_mailboxes(text: object) -> list[str]:
    """Return every mail address in a value, each once, domain in lower case and as A-labels.

    `mailto:` with or without a query, angle brackets and quotation marks around are taken off. What
    is masked with `*`, holds a quotation mark or is not well formed is left out, never repaired.
    """
    mailboxes = (_mailbox(word) for word in _words(text))
    return list(dict.fromkeys(mailbox for mailbox in mailboxes if mailbox))


def is_masked(text: object) -> bool:
    """Say whether a value is a mailbox with letters replaced by `*`."""
    return any("*" in word for word in _words(text))


def unusable_mailbox(text: object) -> str | None:
    """Return what is published as a mailbox and is none that mail can be sent to, as text; or None.

    Example: `abuse@my_host.example`. Masked ones are withheld, not unusable.
    """
    if is_masked(text) or read_mailboxes(text):
        return None
    return next((word for word in _words(text) if not word.startswith("@")), None)


def normal_mailbox(mailbox: str) -> str:
    """Return the mailbox for comparison: lower case, without `+tag`."""
    local, _, domain = mailbox.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def same_mailbox(a: str | None, b: str | None) -> bool:
    """Say whether two spellings are of one mailbox; False where either is missing."""
    return bool(a and b) and normal_mailbox(a or "") == normal_mailbox(b or "")


def read_forms(text: object) -> list[str]:
    """Return every http(s) link in a value."""
    if not isinstance(text, str) or "://" not in text:
        return []
    return [link.rstrip(".,;)") for link in _FORM.findall(text)]


def geofeed_in(lines: Iterable[str]) -> str | None:
    """Return the link of a remark `Geofeed URL` (RFC 9632, section 3), or None."""
    matches = (_GEOFEED.fullmatch(" ".join(line.split())) for line in lines if "://" in line)
    return next((match[1] for match in matches if match), None)


def is_withheld(text: object) -> bool:
    """Say whether a value is a registry's notice that it withholds the real one."""
    return isinstance(text, str) and bool(_WITHHELD.search(text))


def _words(text: object) -> Iterator[str]:
    """Yield the words with an `@`, without `mailto:`, query and marks around."""
    if not isinstance(text, str) or "@" not in text:
        return
    for part in _BETWEEN.split(text):
        if "@" not in part:
            continue
        word = part.rstrip(_ENDS).lstrip(QUOTES)
        scheme, colon, rest = word.rpartition(":")
        if colon:
            word = unquote(rest.partition("?")[0]) if scheme.lower().endswith("mailto") else rest
            word = word.rstrip(_ENDS).lstrip(QUOTES)
        local, at, domain = word.partition("@")
        word = f"{local}{at}{domain.partition('?')[0]}"
        if at and len(word) <= _LONGEST:
            yield word


def _mailbox(word: str) -> str | None:
    local, _, domain = word.partition("@")
    if _QUOTED & set(word) or "*" in word or DANGEROUS.search(word):
        return None
    if len(local) > 64 or not _LOCAL.fullmatch(local):
        return None
    host = _domain(domain.rstrip("."))
    return f"{local}@{host}" if host else None


def _domain(text: str) -> str | None:
    lower = text.lower()
    if len(lower) > 253:
        return None
    if _ASCII_DOMAIN.fullmatch(lower):
        return None if lower.rpartition(".")[2].isdigit() else lower
    try:
        mapped = idna.uts46_remap(text, std3_rules=True, transitional=False)
        labels = [
            label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
            for label in mapped.split(".")
        ]
    except UnicodeError:
        return None
    whole = ".".join(labels)
    return whole if _ASCII_DOMAIN.fullmatch(whole) and not labels[-1].isdigit() else None
