"""What a notice may state about the law, by the country and role of its addressee. Pure.

Only rows of the tables that are in force and verified are cited: a notice says nothing that nobody
read. A country without a row: nothing is said, never another country's law.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from attribution.data.laws import Duty, Provision, Upon, all_duties, duties, duty_role, provisions

GOOD_FAITH = "eu_good_faith"
ACTUAL_KNOWLEDGE = "eu_actual_knowledge"
CONFIRM_RECEIPT = "eu_confirm_receipt"
TELL_DECISION = "eu_tell_decision"
_OWN_BLOCKS = frozenset([GOOD_FAITH, ACTUAL_KNOWLEDGE, CONFIRM_RECEIPT, TELL_DECISION])
"""Duties that a block of the template is about, instead of a line in the list."""
_NOT_CITED = frozenset(["eu_flagger_priority"])
"""A notice does not say that the hotline is a trusted flagger: that is not known here."""
_TRANSLATED_LAWS = frozenset(["EU", "NL"])
"""Countries whose laws that bind addressees stand in the table by an English name."""
_OF_ITS_OWN_HOTLINE = frozenset(["nl_sector_norm"])
"""Norms of a sector that hold for notices of the hotline of that country."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A penal article."""

    law: str
    article: str
    country: str
    """ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedDuty:
    """What the law asks of the addressee."""

    duty: str
    """An English sentence, the key of its translations."""
    law: str
    article: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalGround:
    """What the law says of the content, and what a notice of it brings about for its addressee."""

    penal: tuple[Citation, ...] = ()
    """Of the hotline's country, then of the provider's."""
    duties: tuple[OwedDuty, ...] = ()
    """What the notice, or the knowledge by it, obliges to."""
    good_faith: bool = False
    """Regulation (EU) 2022/2065, Art. 16(2)(d): the notice states a bona fide belief."""
    actual_knowledge: bool = False
    """Art. 16(3): the notice gives rise to actual knowledge."""
    confirm_receipt: bool = False
    """Art. 16(4): receipt is to be confirmed."""
    tell_decision: bool = False
    """Art. 16(5): the decision is to be told."""


def legal_ground(
    country: str | None, party_role: str, hotline_country: str, on: date
) -> LegalGround:
    """Return what a notice may state to a party of a role in a country on a day."""
    owed = {
        duty.code: duty
        for duty in _cited(duties(country, duty_role(party_role), on))
        if duty.code not in _OF_ITS_OWN_HOTLINE or duty.country == hotline_country
    }
    countries = dict.fromkeys(code for code in (hotline_country, country) if code)
    return LegalGround(
        penal=tuple(
            _citation(row) for code in countries for row in provisions(code, on) if row.verified
        ),
        duties=tuple(
            OwedDuty(duty=duty.duty, law=duty.law, article=_article(duty.article))
            for duty in owed.values()
            if duty.code not in _OWN_BLOCKS
        ),
        good_faith=GOOD_FAITH in owed,
        actual_knowledge=ACTUAL_KNOWLEDGE in owed,
        confirm_receipt=CONFIRM_RECEIPT in owed,
        tell_decision=TELL_DECISION in owed,
    )


def translated_duties() -> tuple[str, ...]:
    """Return the messages of the duties that a notice may list: their sentences, and the names of
    laws that stand in the table in a language that is not theirs.
    """
    listed = [duty for duty in all_duties() if _arises(duty) and duty.code not in _OWN_BLOCKS]
    laws = [duty.law for duty in listed if duty.country in _TRANSLATED_LAWS]
    return tuple(dict.fromkeys([*laws, *(duty.duty for duty in listed)]))


def _cited(rows: Iterable[Duty]) -> Iterable[Duty]:
    return (row for row in rows if row.verified and _arises(row))


def _arises(duty: Duty) -> bool:
    """Say whether a notice, or the knowledge by it, brings a duty about."""
    return duty.upon in (Upon.NOTICE, Upon.KNOWLEDGE) and duty.code not in _NOT_CITED


def _citation(row: Provision) -> Citation:
    return Citation(law=row.law, article=_article(row.article) or "", country=row.country)


def _article(text: str | None) -> str | None:
    """Return articles without English between them."""
    return text and text.replace(" and ", ", ").replace(" to ", "–")
