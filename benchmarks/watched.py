"""Runs a batch inside the laboratory and notes when each of its lines came: `watched.py LIST
OUTPUT`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path


def main() -> None:
    """Run, and write {at, status, registry} of each line."""
    source, output = sys.argv[1:]
    began = time.monotonic()
    lines = []
    process = subprocess.Popen(
        [sys.executable, "-m", "attribution_cli.entry", "batch", source, "--quiet"],
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    for raw in process.stdout:
        answer = json.loads(raw)
        network = answer["addresses"][0]["network"] if answer["addresses"] else None
        lines.append(
            {
                "at": time.monotonic() - began,
                "status": answer["status"],
                "registry": network and network["registry"],
            }
        )
    process.wait()
    Path(output).write_text(json.dumps(lines), "utf-8")


if __name__ == "__main__":
    main()
