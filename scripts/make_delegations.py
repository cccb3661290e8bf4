"""Make attribution/data/delegations.csv: which registry IANA delegated which address block to.

Run `python scripts/make_delegations.py` after raising netaddr's pin, which ships IANA's registry
files; commit what changed.
"""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree

TABLE = Path(__file__).parent.parent / "attribution" / "data" / "delegations.csv"
IANA = "{http://www.iana.org/assignments}"
HEAD = """\
# Address blocks, and the RDAP service of the registry that IANA delegated them to: a stand-in
# until the bootstrap files (RFC 9224) could be fetched.
# Source: https://www.iana.org/assignments/ipv4-address-space/ of {ipv4} and
#   https://www.iana.org/assignments/ipv6-unicast-address-assignments/ of {ipv6}. IANA: CC0-1.0.
# IANA's IPv6 file names a WHOIS server only; the RDAP service of the same registry is in its
# IPv4 file.
# Made by scripts/make_delegations.py.
"""


def read(name: str) -> ElementTree.Element:
    """Parse one of IANA's files."""
    return ElementTree.fromstring(resources.files("netaddr.ip").joinpath(name).read_bytes())  # noqa: S314


def main() -> None:
    """Write the table."""
    ipv4, ipv6 = read("ipv4-address-space.xml"), read("ipv6-unicast-address-assignments.xml")
    dates = {"ipv4": ipv4.findtext(f"{IANA}updated"), "ipv6": ipv6.findtext(f"{IANA}updated")}
    service_of: dict[str, str] = {}
    rows = []
    for record in ipv4.iter(f"{IANA}record"):
        urls = [url.text.strip() for url in record.iter(f"{IANA}server") if url.text]
        prefix, whois = record.findtext(f"{IANA}prefix"), record.findtext(f"{IANA}whois")
        if prefix and urls:
            rows.append((f"{int(prefix.partition('/')[0])}.0.0.0/8", urls[0]))
            service_of.setdefault(whois or "", urls[0])
    for record in ipv6.iter(f"{IANA}record"):
        prefix, whois = record.findtext(f"{IANA}prefix"), record.findtext(f"{IANA}whois") or ""
        if prefix and whois in service_of:
            rows.append((prefix, service_of[whois]))
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        file.write(HEAD.format(**dates))
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["prefix", "rdap"])
        writer.writerows(rows)


if __name__ == "__main__":
    main()
