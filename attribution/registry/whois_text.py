"""Reading port-43 answers: which dialect, which networks, and where they refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from attribution.registry.arin_text import read_arin
from attribution.registry.lacnic_text import read_lacnic
from attribution.registry.registration import Network
from attribution.registry.rpsl import read_rpsl
from attribution.registry.twnic_text import read_twnic

_REFERRALS = (
    re.compile(r"^\s*ReferralServer:\s*(?P<scheme>r?whois)://(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?", re.I | re.M),
    re.compile(r"^\s*(?:refer|whois):\s*(?:(?P<scheme>r?whois)://)?(?P<host>[A-Za-z0-9.-]+)(?::(?P<port>\d{1,5}))?", re.I | re.M),
)  # fmt: skip
_BARE_REFERRAL = re.compile(r"^\s*(?:remarks|comment):.*?\b(?P<host>whois\.[a-z0-9.-]+\.[a-z]{2,})\b", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Referral:
    """Another WHOIS server to ask. An rwhois server is run by the network itself: its word is a claim."""

    host: str
    port: int
    rwhois: bool = False


def decode_whois(body: bytes) -> str:
    """Decode a whole answer once: UTF-8 where it is that, else Latin-1, which every byte fits."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def read_whois(body: bytes, server: str) -> list[Network]:
    """Read every network in a port-43 answer; empty when it holds none."""
    text = decode_whois(body)
    if re.search(r"^NetRange:", text, re.M):
        return read_arin(text, server)
    if re.search(r"^owner:", text, re.M):
        return read_lacnic(text, server)
    if re.search(r"^\s*Netblock:", text, re.M):
        return read_twnic(text, server)
    return read_rpsl(text, server)


def read_referral(body: bytes) -> Referral | None:
    """Return where the answer sends one: the last `ReferralServer`, else `refer`/`whois`; else None.

    A server that is only mentioned in remarks is returned by `mentioned_server`, since it is no instruction.
    """
    text = decode_whois(body)
    for pattern in _REFERRALS:
        matches = list(pattern.finditer(text))
        if matches:
            match = matches[-1]
            rwhois = (match["scheme"] or "").lower() == "rwhois"
            port = int(match["port"]) if match["port"] else 4321 if rwhois else 43
            return Referral(match["host"].lower().rstrip("."), port, rwhois)
    return None


def mentioned_server(body: bytes) -> str | None:
    """Return a WHOIS server that remarks name without a referral's form, or None."""
    match = _BARE_REFERRAL.search(decode_whois(body))
    return match["host"].lower() if match else None
