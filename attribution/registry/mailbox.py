"""Mail addresses and web forms as registries write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import idna

_LOCAL = r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}"
_DOMAIN = r"[^\s@<>()\[\]\",;:]{3,253}"
_MAILBOX = re.compile(rf"(?<![\w.+-])({_LOCAL})@({_DOMAIN})")
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
    found = []
    for local, domain in _MAILBOX.findall(re.sub(r"^\s*mailto:", "", text, flags=re.IGNORECASE)):
        host = _domain(domain.rstrip(".'"))
        if host and not local.startswith(".") and not local.endswith(".") and ".." not in local:
            found.append(f"{local}@{host}")
    return list(dict.fromkeys(found))


def read_forms(text: object) -> list[str]:
    """Return every http(s) link in a value."""
    return [link.rstrip(".,;)") for link in _FORM.findall(text)] if isinstance(text, str) else []


def geofeed_in(lines: Iterable[str]) -> str | None:
    """Return the link of a remark `Geofeed URL` (RFC 9632, section 3), or None."""
    found = (re.match(r"\s*geofeed:?\s+(https://\S+)\s*$", line, re.IGNORECASE) for line in lines)
    return next((match[1] for match in found if match), None)


def is_withheld(text: object) -> bool:
    """Say whether a value is a registry's notice that it withholds the real one."""
    return isinstance(text, str) and bool(_WITHHELD.search(text))


def _domain(text: str) -> str | None:
    try:
        mapped = idna.uts46_remap(text, std3_rules=True, transitional=False)
        labels = [
            label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
            for label in mapped.split(".")
        ]
    except UnicodeError:
        return None
    sound = len(labels) > 1 and all(re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", label) for label in labels)
    return ".".join(labels) if sound and not labels[-1].isdigit() else None
