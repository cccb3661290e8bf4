"""What deciding costs: `deciding.py WORLD RUNS` prints ratios to json.loads, over generated answers
and (where there) captured ones.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from attribution import Evidence
from attribution.decide import decide
from attribution.evidence import Record
from attribution.evidence.question import NetworkAt
from attribution.net.addresses import read_address
from readers import AT

HERE = Path(__file__).parent
MOST = 2000
SERVER = "rdap.db.ripe.net"


def main() -> None:
    """Measure both sets of answers, each answer once a run: nothing that was read before helps."""
    world, runs = Path(sys.argv[1]), int(sys.argv[2])
    networks = json.loads((world / "world.json").read_text("utf-8"))["networks"][:MOST]
    sets = {"generated answers": [(network["start"], network["rdap"]) for network in networks]}
    captures = HERE.parent.parent / "shared" / "captures"
    if captures.is_dir():
        sets["captured answers"] = list(_captured(captures)) * 20
    ratios = {name: [_ratio(answers, run) for run in range(runs)] for name, answers in sets.items()}
    size = {
        name: sum(len(json.dumps(answer)) for _, answer in answers) // len(answers)
        for name, answers in sets.items()
    }
    sys.stdout.write(json.dumps({"ratios": ratios, "bytes": size}) + "\n")


def _ratio(answers: list[tuple[str, Any]], run: int) -> float:
    # A mark that differs each time keeps what was read before from being recognised.
    bodies = [
        (address, json.dumps(answer | {"lang": f"{run} {number}"}).encode())
        for number, (address, answer) in enumerate(answers)
    ]

    def deciding() -> None:
        for address, body in bodies:
            question = NetworkAt(read_address(address))
            url = f"https://{SERVER}/ip/{address}"
            record = Record("rdap", question, SERVER, AT, "answered", body, url=url, tls=True)
            decide(Evidence(address, AT, documentation_is_special=False, records=[record]))

    def loading() -> None:
        for _, body in bodies:
            json.loads(body)

    return _seconds(deciding) / _seconds(loading)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _captured(folder: Path) -> Iterable[tuple[str, Any]]:
    from accuracy import captured_answers

    for row, answer in captured_answers(folder):
        if row["protocol"] == "rdap":
            yield row["address"], answer


if __name__ == "__main__":
    main()
