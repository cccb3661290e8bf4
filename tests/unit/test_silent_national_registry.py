"""A regional registry's mirrored copy of a national registry's
object, while that one is silent: nobody is named by it.
"""

from __future__ import annotations

import pytest

from attribution.evidence import Question, Record
from attribution.evidence.question import NationalNetwork, NationalPage, Page
from bundles import TARGET, address_of, codes, decided, failure, shown, whois

ADDRESS = address_of(TARGET)
ALLOCATION = """
inetnum:         192.0.2.0 - 192.0.3.255
netname:        EX-JPNIC-JP-20000308
descr:          Japan Network Information Center
country:        JP
admin-c:        JNIC1-AP
tech-c:         JNIC1-AP
mnt-by:         MAINT-JPNIC
status:         ALLOCATED PORTABLE
source:         APNIC
"""
COPY = """
inetnum:        192.0.2.0 - 192.0.2.7
netname:        EX-NET
descr:          Someone's Shop Inc.
country:        JP
remarks:        This information has been partially mirrored by APNIC from
remarks:        JPNIC.
source:         JPNIC
"""
PAGE = NationalPage(
    "jpnic", ADDRESS, Page(f"https://whois.nic.ad.jp/cgi-bin/whois_gw?key={TARGET}")
)
SILENT: list[Question] = [PAGE, NationalNetwork("jpnic", ADDRESS, "https://jpnic.rdap.apnic.net/")]


def _silent(question: Question) -> Record:
    return failure("unreachable", question, "whois.nic.ad.jp")


@pytest.mark.parametrize("above", ["", ALLOCATION])
def test_copy_without_a_type_names_nobody_before_the_national_registry_answered(above: str) -> None:
    """A member's and a customer's block look alike in it."""
    answer = decided(whois(above + COPY, "whois.apnic.net"), *map(_silent, SILENT))
    assert (answer.status, answer.primary) == ("retry_later", None)
    assert "registry_silent" in codes(answer)
    assert not [party for party in answer.parties if party.addressee]


def test_block_that_the_national_registry_was_allocated_never_names_it() -> None:
    answer = decided(whois(ALLOCATION, "whois.apnic.net"), *map(_silent, SILENT))
    assert answer.primary is None
    assert "Japan Network Information Center" not in shown(answer)
