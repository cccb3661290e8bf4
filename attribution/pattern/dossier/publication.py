"""What of a dossier may be published, and what has to be true first. Pure.

A list that helped somebody find the content, or a host that tolerates it, would do harm. So an
entry holds the company's name, its AS numbers and country, how many cases there were and what share
failed, since when, and its reply; never a URL, domain, host, address, range or mailbox. Words of
others pass the allow-list of `published_text`, or are held back for a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from attribution.pattern.dossier.dossier import REPLY_DAYS
from attribution.pattern.dossier.published_text import plain_form, publishable
from attribution.pattern.floors import Floor
from attribution.pattern.labels import Label

REPLY_HELD_BACK = "reply held back"
"""Stands for a reply that nobody approved, or that may not be published as it is."""
NAME_HELD_BACK = "name held back"
LEFT_OUT = "[left out]"
SIGNED_DAYS = 14
"""For so many days after a list's date it may be signed and published, while its content holds."""

LETTERS_THAT_SUFFICE = 2
STALE_DAYS = 35
"""With no week of evidence that ended within so many days, nobody knows how it is today."""
_ADDRESS = re.compile(
    r"""
    \S*://\S*                                    # a URL
    | [^\s(<]*@[^\s)>]*                           # a mailbox
    | (?:[^\W_][\w-]*\.)+[^\W\d_][\w-]*           # a domain
    | \b\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?          # an IPv4 address or range
    | [0-9a-f]{0,4}:[0-9a-f:]+(?:/\d+)?           # an IPv6 address or range
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LEGAL_DOTS = re.compile(
    r"(?:\b(?:[A-Za-z]\.){2,}|\b(?:Ltd|Inc|Co|Corp|Bros|St|Dr|No)\.)(?![\w-])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A provider as it may stand on a list."""

    name: str
    country: str | None
    """ISO 3166-1, two letters."""
    systems: Sequence[str]
    """Its AS numbers, such as `AS64496`."""
    reply: str | None
    """What it stated about itself, as approved; None where nothing is on record."""


def entry(values: dict[str, Any], company: Company, dossier_sha256: str) -> dict[str, Any]:
    """Return a list's entry for a dossier: nothing in it leads to a site."""
    assessed = values["assessment"]
    country, reply = company.country, company.reply
    return {
        "company": company_name(company.name, company.systems),
        "country": country if country and re.fullmatch("[A-Z]{2}", country) else None,
        "systems": _numbers(company.systems),
        "cases": int(assessed["admitted"]),
        "share_failed": round(float(assessed["share_failed"]), 2),
        "since": assessed["first_flagged"],
        "as_of": assessed["looked_at"],
        "reply": None if reply is None else publishable(reply) or REPLY_HELD_BACK,
        "dossier_sha256": dossier_sha256,
    }


def content_of(listed: dict[str, Any]) -> dict[str, Any]:
    """Return what an entry says, without the date of its assessment and its dossier's hash.

    Two signatures may be on different days while this is the same.
    """
    return {
        name: value for name, value in listed.items() if name not in ("as_of", "dossier_sha256")
    }


def company_name(name: str, systems: Sequence[str]) -> str:
    """Return a company's name as a list shows it; one that is held back has its AS numbers."""
    shown = shown_name(name)
    if shown != NAME_HELD_BACK:
        return shown
    numbers = ", ".join(_numbers(systems)[:3])
    return f"{NAME_HELD_BACK} ({numbers})" if numbers else shown


def shown_name(name: str) -> str:
    """Return a company's name as a list may show it.

    A name that is itself a domain loses what leads there; where the rest does not pass the
    allow-list either, the whole name is held back.
    """
    plain = without_addresses(name)
    passed = publishable(plain.replace(LEFT_OUT, "Left"))
    if passed is None:
        return NAME_HELD_BACK
    return plain_form(plain) if LEFT_OUT in plain else passed


def without_addresses(text: str) -> str:
    """Return a text in which what plainly is an address is left out; no proof that nothing is."""
    plain = _LEGAL_DOTS.sub(lambda dots: dots[0].replace(".", "\u2024"), " ".join(text.split()))
    return _ADDRESS.sub(LEFT_OUT, plain).replace("\u2024", ".")[:500]


def _numbers(systems: Sequence[str]) -> list[str]:
    return sorted({system for system in systems if re.fullmatch(r"AS[0-9]{1,10}", system)})


def person_knew(values: dict[str, Any], letter_on: date) -> bool:
    """Say whether the letter was answered by a person, or delivered by hand. A program's answer
    never counts.
    """
    times = [*values["contacts"]["letters"], *(reply["at"] for reply in values["replies"])]
    return any(at[:10] >= letter_on.isoformat() for at in times)


def refusals(
    values: dict[str, Any], *, letter_on: date | None, today: date, letters_in_a_year: int = 1
) -> list[str]:
    """Say why a provider may not be on a list made today; nothing where it may.

    Once a letter has been sent twice in 365 days, two clean weeks no longer stop publication: only
    the way back does.
    """
    assessed = values["assessment"]
    reasons = []
    if assessed["now"] != Label.SYSTEMATIC:
        reasons.append(f"its label is {assessed['now']}, not systematic")
    conditions = zip(assessed["floors_missing_codes"], assessed["floors_missing"], strict=True)
    reasons += [
        f"a condition does not hold: {text}"
        for code, text in conditions
        if code != Floor.LAST_TWO_CLEAN or letters_in_a_year < LETTERS_THAT_SUFFICE
    ]
    if letter_on is None:
        reasons.append("no letter with its dossier was sent: `attribution letter` writes it")
    elif today < letter_on + timedelta(days=REPLY_DAYS):
        reasons.append(f"the time for its reply ends on {letter_on + timedelta(days=REPLY_DAYS)}")
    if letter_on is not None and not person_knew(values, letter_on):
        reasons.append(
            "nothing proves that a person knew: the letter was neither answered by a person nor "
            "delivered (note it with `attribution event add letter_delivered`)"
        )
    last = max((week["week"] for week in values["weeks"]), default=None)
    if last is None or date.fromisoformat(last) + timedelta(days=7 + 15 + STALE_DAYS) < today:
        reasons.append(f"the evidence is stale: its last week began on {last}")
    if assessed["looked_at"] != today.isoformat():
        reasons.append(f"it was looked at on {assessed['looked_at']}, not today")
    return reasons
