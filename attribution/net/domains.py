"""Registrable domain and platform of a host, by the public-suffix list that tldextract ships.
Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract


@dataclass(frozen=True, slots=True)
class Domain:
    """Where one registration ends and the next begins."""

    registrable: str | None
    """What was registered at a registry (`site.example`); None for a public suffix itself."""
    platform_suffix: str | None
    """The private-section suffix under which the host is a customer page; None for an ordinary
    domain.
    """


@cache
def _extract() -> TLDExtract:
    from tldextract import TLDExtract

    # No list URL and no cache folder: the packaged snapshot is read, and nothing is ever
    # downloaded.
    return TLDExtract(suffix_list_urls=(), cache_dir=None, fallback_to_snapshot=True)


def domain_of(host: str) -> Domain:
    """Split a host name by the public-suffix list (https://publicsuffix.org), ICANN section and
    private one.
    """
    by_registry = _extract()(host)
    registrable = by_registry.top_domain_under_public_suffix
    if not by_registry.suffix:  # the list's default rule `*`: an unlisted last label is a suffix
        registrable = ".".join(host.rsplit(".", 2)[-2:])
    with_platforms = _extract()(host, include_psl_private_domains=True)
    suffix = with_platforms.suffix if with_platforms.is_private else None
    return Domain(registrable or None, suffix)


def list_version() -> str:
    """Return the version line of the packaged list."""
    match = re.search(r"^// VERSION: (\S+)", _snapshot(), re.MULTILINE)
    return match[1] if match else "unknown"


@cache
def _snapshot() -> str:
    return resources.files("tldextract").joinpath(".tld_set_snapshot").read_text("utf-8")
