"""Registrable domain and platform of a host, by the public-suffix list that tldextract ships. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract

_COMPANY = re.compile(
    r"^//\s*(?!Submitted|Requested|see\b|http)(?P<name>.+?)\s*(?::\s*https?://\S+.*)?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Domain:
    """Where one registration ends and the next begins."""

    registrable: str | None
    """What was registered at a registry (`site.example`); None for a public suffix itself."""
    platform_suffix: str | None
    """The private-section suffix under which the host is a customer page; None for an ordinary domain."""


@cache
def _extract(private: bool) -> TLDExtract:
    from tldextract import TLDExtract

    # No list URL and no cache folder: the packaged snapshot is read, and nothing is ever downloaded.
    return TLDExtract(
        suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True, include_psl_private_domains=private
    )


def domain_of(host: str) -> Domain:
    """Split a host name by the public-suffix list (https://publicsuffix.org), ICANN section and private one."""
    by_registry = _extract(private=False)(host)
    registrable = by_registry.top_domain_under_public_suffix
    if not by_registry.suffix:  # the list's default rule `*`: an unlisted last label is a suffix
        registrable = ".".join(host.rsplit(".", 2)[-2:])
    with_platforms = _extract(private=True)(host)
    suffix = with_platforms.suffix if with_platforms.is_private else None
    return Domain(registrable or None, suffix)


def platform_company(suffix: str) -> str | None:
    """Return the company named in the list's comment above a private suffix.

    The submitter's mailbox in the next line is a person's, and is not read.
    """
    return _companies().get(suffix)


def list_version() -> str:
    """Return the version line of the packaged list."""
    found = re.search(r"^// VERSION: (\S+)", _snapshot(), re.MULTILINE)
    return found[1] if found else "unknown"


@cache
def _snapshot() -> str:
    return resources.files("tldextract").joinpath(".tld_set_snapshot").read_text("utf-8")


@cache
def _companies() -> dict[str, str]:
    _, _, private = _snapshot().partition("===BEGIN PRIVATE DOMAINS===")
    found: dict[str, str] = {}
    company: str | None = None
    in_head = False
    for line in map(str.strip, private.splitlines()):
        if line.startswith("//"):
            match = _COMPANY.match(line)
            if match and not in_head:
                company, in_head = match["name"].rstrip(": "), True
        elif not line:
            in_head = False
        elif company:
            in_head = False
            found[line.removeprefix("*.").removeprefix("!")] = company
    return found
