"""Mail addresses and web forms as registries write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import idna

_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}"
_DOMAIN = r"[^\s@<>()\[\]\",;:]{3,253}"
_MAILBOX = re.compile(rf"(?<![\w.+-])({_LOCAL})@({_DOMAIN})")
_MAILTO = re.compile(r"^\s*mailto:", re.IGNORECASE)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ASCII_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_FORM = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)
_WITHHELD = re.compile(
    r"redacted|withheld|not disclosed|data protected|statutory masking|gdpr|privacy (?:protect|service)|masked",
    re.IGNORECASE,
)


def read_mailboxes(text: object) -> list[str]:
    """Return every well-formed mail address in a value: no `mailto:`, no display name, domain in lower case.

    A domain in Unicode becomes its A-label form. What is not well formed is left out.
    """
    if not isinstance(text, str):
        return []
    if "@" not in text:
        return []
    found = []
    for local, domain in _MAILBOX.findall(_MAILTO.sub("", text)):
        host = _domain(domain.rstrip(".'"))
        if host and not local.startswith(".") and not local.endswith(".") and ".." not in local:
            found.append(f"{local}@{host}")
    return list(dict.fromkeys(found))


def read_forms(text: object) -> list[str]:
    """Return every http(s) link in a value."""
    if not isinstance(text, str) or "://" not in text:
        return []
    return [link.rstrip(".,;)") for link in _FORM.findall(text)]


def geofeed_in(lines: Iterable[str]) -> str | None:
    """Return the link of a remark `Geofeed URL` (RFC 9632, section 3), or None."""
    found = (re.match(r"\s*geofeed:?\s+(https://\S+)\s*$", line, re.IGNORECASE) for line in lines)
    return next((match[1] for match in found if match), None)


def is_withheld(text: object) -> bool:
    """Say whether a value is a registry's notice that it withholds the real one."""
    return isinstance(text, str) and bool(_WITHHELD.search(text))


def _domain(text: str) -> str | None:
    lower = text.lower()
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
