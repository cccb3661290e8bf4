"""Batches over hosts that were answered before: `fill LIST FOLDER`, then `run SMALL LARGE FOLDER`
prints what each cost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "attribution_cli.entry", "batch"]


def batch(source: str, folder: str) -> dict[str, Any]:
    """Run one batch; return its seconds and the most memory that it held."""
    output = Path(folder) / "warm-out.jsonl"
    output.unlink(missing_ok=True)
    began = time.perf_counter()
    process = subprocess.Popen([*COMMAND, source, "--output", str(output), "--quiet"])
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise RuntimeError("the batch failed")
    output.unlink()
    return {"seconds": seconds, "kilobytes": usage.ru_maxrss}


def main() -> None:
    """Fill the cache, or measure."""
    verb, *rest = sys.argv[1:]
    if verb == "fill":
        batch(*rest)
        return
    small, large, folder = rest
    sys.stdout.write(json.dumps([batch(small, folder), batch(large, folder)]) + "\n")


if __name__ == "__main__":
    main()
