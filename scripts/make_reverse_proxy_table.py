"""Make attribution/data/reverse_proxies.csv from the MISP warning lists (CC0-1.0).

The package pymispwarninglists ships them. Run `pip install pymispwarninglists==1.7`, then
`python scripts/make_reverse_proxy_table.py`; commit what changed.
"""

from __future__ import annotations

import ipaddress
import json
from importlib import metadata, resources
from pathlib import Path

# List of the package -> (kind, company). The prefixes are the publishers'; nothing is typed by
# hand.
LISTS = {
    "cloudflare": ("cdn", "Cloudflare"),
    "fastly": ("cdn", "Fastly"),
    "akamai": ("cdn", "Akamai"),
    "stackpath": ("cdn", "StackPath"),
    "amazon-aws": ("cloud", "Amazon Web Services"),
    "google-gcp": ("cloud", "Google Cloud"),
    "microsoft-azure": ("cloud", "Microsoft Azure"),
    "ovh-cluster": ("cloud", "OVH"),
    "sinkholes": ("sinkhole", ""),
    "parking-domain": ("parking", ""),
}
TARGET = Path(__file__).parent.parent / "attribution" / "data" / "reverse_proxies.csv"


def main() -> None:
    """Write the table."""
    folder = resources.files("pymispwarninglists").joinpath("data/misp-warninglists/lists")
    lines = [
        "# Address ranges of reverse proxies, clouds, sinkholes and parking pages.",
        "# Source: MISP warning lists, https://github.com/MISP/misp-warninglists, CC0-1.0, as "
        f"shipped by pymispwarninglists {metadata.version('pymispwarninglists')}.",
        "# Made by scripts/make_reverse_proxy_table.py. First the lists (name, kind, company, "
        "source, version), then prefix,list.",
    ]
    rows: list[str] = []
    for name, (kind, company) in LISTS.items():
        values = json.loads(folder.joinpath(name, "list.json").read_text("utf-8"))
        lines.append(f"list,{name},{kind},{company},MISP warning list {name},{values['version']}")
        networks = {ipaddress.ip_network(prefix.strip(), strict=False) for prefix in values["list"]}
        for version in (4, 6):
            chosen = [network for network in networks if network.version == version]
            rows += [f"{block},{name}" for block in ipaddress.collapse_addresses(chosen)]
    TARGET.write_text("\n".join(lines + rows) + "\n", "utf-8")


if __name__ == "__main__":
    main()
