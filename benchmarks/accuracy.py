"""Who finds the mailbox that a registry's answer really publishes: this project, ipwhois, whoisit, asyncwhois.

Run by `make accuracy`. Every captured answer (RDAP and port-43 text) is given to each library's own reader, without a
network; what is right was read by hand and stands in accuracy.csv with its reason. A *wrong* is a mailbox that
the answer does not publish for abuse of that network: a placeholder of a registry, a technical contact.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from attribution import Evidence
from attribution.decide import decide
from attribution.evidence import Record

AT = datetime(2026, 1, 1, tzinfo=UTC)
HERE = Path(__file__).parent
Reader = Callable[[str, Any, str], str | None]


def ours(address: str, answer: Any, registry: str) -> str | None:
    """This project's reading and deciding."""
    if isinstance(answer, str):
        record = Record("whois", f"whois {address}", f"whois.{registry}.net", AT, "answered", answer.encode())
    else:
        record = Record("rdap", f"ip {address}", f"rdap.{registry}.net", AT, "answered", json.dumps(answer).encode())
    primary = decide(Evidence(address, AT, records=[record])).attribution.primary
    return primary.abuse_contact.email if primary else None


def with_ipwhois(address: str, answer: Any, registry: str) -> str | None:
    """ipwhois: objects with the role abuse; of a text, the mailboxes of its network."""
    from ipwhois.net import Net
    from ipwhois.rdap import RDAP
    from ipwhois.whois import Whois

    asn_data = {"asn_registry": registry.replace("ripe", "ripencc")}
    if isinstance(answer, str):
        nets = Whois(Net(address)).lookup(response=answer, asn_data=asn_data, is_offline=True)["nets"]
        emails = [email for net in nets for email in net.get("emails") or []]
        return next((email for email in emails if "abuse" in email), next(iter(emails), None))
    found = RDAP(Net(address)).lookup(response=answer, asn_data=asn_data, root_ent_check=False)
    for one in found["objects"].values():
        contact = one.get("contact") or {}
        if "abuse" in (one.get("roles") or []) and contact.get("email"):
            return str(contact["email"][0]["value"])
    return None


def with_whoisit(address: str, answer: Any, registry: str) -> str | None:
    """Whoisit: its parsed entities of the kind abuse. It reads RDAP only."""
    import whoisit.parser

    bootstrap = import_module("whoisit.bootstrap")._BootstrapWrapper()
    parsed = whoisit.parser.parse(bootstrap, "ip", address, answer)
    entities = (parsed.get("entities") or {}).get("abuse") or []
    return next((str(one["email"]) for one in entities if one.get("email")), None)


def with_asyncwhois(address: str, answer: Any, registry: str) -> str | None:
    """Asyncwhois: the abuse field of its registries' texts. Of RDAP it returns the JSON unread."""
    from asyncwhois import parse_rir

    # Its parsers change a table that they share; each reading here starts as in a new process.
    parse_rir.RIRParser.reg_expressions = dict(_asyncwhois_table())
    kind = {
        "arin": "ARINParser",
        "ripe": "RIPEParser",
        "apnic": "APNICParser",
        "lacnic": "LACNICParser",
        "afrinic": "AFRINICParser",
    }
    found = getattr(parse_rir, kind[registry])().parse(answer)
    return next((str(value) for key, value in found.items() if "abuse_email" in repr(key) and value), None)


@cache
def _asyncwhois_table() -> dict[Any, str]:
    from asyncwhois import parse_rir

    return dict(parse_rir.RIRParser.reg_expressions)


READERS: dict[str, tuple[Reader, tuple[str, ...]]] = {
    "attribution": (ours, ("rdap", "whois")),
    "ipwhois": (with_ipwhois, ("rdap", "whois")),
    "whoisit": (with_whoisit, ("rdap",)),
    "asyncwhois": (with_asyncwhois, ("whois",)),
}


def judged(found: str | None, expected: str, others: str) -> str:
    """Compare one finding with what the answer says. `other`: of the same holder, but not the one to use first."""
    if not found:
        return "missed" if expected else "rightly none"
    local, _, domain = found.rpartition("@")
    digest = hashlib.sha256(f"{local}@{domain.lower()}".encode()).hexdigest()
    return "found" if digest == expected else "other" if digest in others.split() else "wrong"


def main() -> int:
    """Print the table and every difference; write the same as JSON. 1 when this project misses or is wrong."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--captures", type=Path, default=HERE.parent.parent / "shared" / "captures")
    captures = arguments.parse_args().captures
    if not captures.is_dir():
        sys.stderr.write(f"no captures in {captures}: name their folder with --captures\n")
        return 2
    rows = list(
        csv.DictReader(
            line for line in (HERE / "accuracy.csv").read_text("utf-8").splitlines() if not line.startswith("#")
        )
    )
    table: dict[tuple[str, str], Counter[str]] = {}
    differences: list[str] = []
    for row in rows:
        document = json.loads((captures / row["file"]).read_text("utf-8"))
        kept = document[row["key"]] if row["key"] else {"response": document}
        registry = kept.get("asn_data", {}).get("asn_registry", "arin").replace("ripencc", "ripe")
        for name, (read, protocols) in READERS.items():
            if row["protocol"] not in protocols:
                continue
            try:
                verdict = judged(
                    read(row["address"], kept["response"], registry), row["mailbox_sha256"], row["others_sha256"]
                )
            except Exception as error:
                verdict = "failed"
                differences.append(f"{name}, {row['protocol']} {row['address']}: {type(error).__name__} {error}"[:160])
            else:
                if verdict in ("missed", "other", "wrong"):
                    differences.append(f"{name}, {row['protocol']} {row['address']}: {verdict}; {row['why']}")
            table.setdefault((name, row["protocol"]), Counter())[verdict] += 1
    columns = ["found", "rightly none", "other", "missed", "wrong", "failed"]
    sys.stdout.write(f"{'library':24}{'answers':10}" + "".join(f"{column:>14}" for column in columns) + "\n")
    for (name, protocol), counts in table.items():
        label = f"{name} {metadata.version(name)}"
        sys.stdout.write(f"{label:24}{protocol:10}" + "".join(f"{counts[column]:>14}" for column in columns) + "\n")
    sys.stdout.write("\n" + "\n".join(differences) + "\n")
    result = [{"library": name, "protocol": protocol, **counts} for (name, protocol), counts in table.items()]
    (HERE / "accuracy.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    mine = Counter[str]()
    for (name, _), counts in table.items():
        mine += counts if name == "attribution" else Counter()
    return 1 if mine["missed"] or mine["wrong"] or mine["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
