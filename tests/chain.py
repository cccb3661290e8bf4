"""A site whose host, the network above it and the network that announces it can be written to."""

from __future__ import annotations

from attribution.attributor import Investigation
from attribution.casework.drafting import Draft, Sender, draft_notices
from attribution.casework.notices_due import Due, due_notices
from attribution.casework.providers import provider_named
from attribution.casework.terms import Terms
from attribution.decide import decide
from attribution.evidence import Evidence
from attribution.models import Provider
from attribution.store import Store
from attribution.store.times import micros
from bundles import (
    AT,
    DESK,
    PARENT,
    TARGET,
    above,
    announced,
    customer,
    entity,
    rdap,
    resolved,
    suffix,
    system,
)
from casework import Clock, approve, keep_provider, note_event, record_notice, reported

HOST_KEY, HOST = "ripe:ORG-EX1-RIPE", "abuse@hosting.example"
PARENT_KEY, PARENT_MAILBOX = "ripe:ORG-PA1-RIPE", "abuse@parent.example"
TRANSIT_KEY, TRANSIT = "ripe:ORG-TR1-RIPE", "abuse@transit.example"
NAMES = {
    HOST: "Example Hosting B.V.",
    PARENT_MAILBOX: "Parent Networks B.V.",
    TRANSIT: "Transit Example GmbH",
}
KEYS = {HOST: HOST_KEY, PARENT_MAILBOX: PARENT_KEY, TRANSIT: TRANSIT_KEY}
USUAL = Terms(grouping_hours=0, reminder_hours=24)
SENDER = Sender("Example Hotline", "notices@hotline.example", country="NL")


def chain(host: str = "www.site.example", country: str = "NL") -> Investigation:
    """Look up a site at a host below a parent, announced by a transit network."""
    holder = entity("ORG-EX1-RIPE", ["registrant"], NAMES[HOST])
    holder["vcardArray"][1].append(["adr", {"cc": country}, "text", [""] * 7])
    transit = entity("ORG-TR1-RIPE", ["registrant"], NAMES[TRANSIT])
    leaf = customer(holder, DESK, kind="SUB-ALLOCATED PA", last="192.0.2.255")
    records = [
        resolved(host, TARGET),
        suffix(host, ".".join(host.split(".")[-2:])),
        rdap(leaf),
        above(PARENT, leaf),
        announced("192.0.2.0/24", 64500),
        system(64500, transit, entity("AR3-RIPE", ["abuse"], "Abuse", TRANSIT)),
    ]
    evidence = Evidence(f"https://{host}/1", AT, documentation_is_special=False, records=records)
    decision = decide(evidence)
    return Investigation(decision.attribution, decision.steps, evidence)


def case_at_chain(
    store: Store, site: str = "site.example", urls: int = 1, country: str = "NL"
) -> str:
    """Report URLs of a site; return their case."""
    cases = {
        reported(
            store,
            f"https://www.{site}/{number}",
            chain(f"www.{site}", country),
            keep_url=True,
        ).case
        for number in range(1, urls + 1)
    }
    (case,) = cases
    assert case
    return case


def approve_all(store: Store, *mailboxes: str) -> None:
    """Approve mailboxes of the chain, all where none is named."""
    for mailbox in mailboxes or NAMES:
        with store.write("ann") as writer:
            provider = Provider(id=KEYS[mailbox], name=NAMES[mailbox])
            number = keep_provider(writer, provider, "rdap:ripe", mailbox=mailbox)
            approve(writer, number, mailbox, "telephoned")


def approve_by_hand(store: Store, mailbox: str, provider: str = HOST_KEY) -> None:
    """Approve a mailbox that no registry names."""
    with store.write("ann") as writer:
        number, _ = provider_named(writer.connection, provider)
        approve(writer, number, mailbox, "found on its imprint")


def tell(store: Store, case: str, to: str = HOST, **more: str) -> None:
    """Note that a notice was sent now."""
    with store.write("ann") as writer:
        record_notice(writer, case, writer.now, to=to, **more)


def note(store: Store, kind: str, case: str, **detail: object) -> list[int]:
    """Note that something happened to a case now."""
    with store.write("ann") as writer:
        return note_event(writer, kind, writer.now, detail=dict(detail), case=case)


def due_of(store: Store, clock: Clock, case: str | None = None, country: str = "NL") -> list[Due]:
    """Return what is due."""
    with store.read() as reader:
        return due_notices(reader, micros(clock()), USUAL, country, case=case)


def drafts_of(
    store: Store, clock: Clock, case: str, sender: Sender = SENDER, country: str = "NL"
) -> list[Draft]:
    """Draft a case's notices to each party."""
    (due,) = due_of(store, clock, case, country)
    with store.read() as reader:
        return draft_notices(reader, store.keys, due, sender)
