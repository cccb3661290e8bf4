"""Write cli/attribution_cli/help.txt, what `attribution --help` prints, so that it is there without
loading anything.

Run `python scripts/make_help.py` after a verb was added or its first line changed; a test holds
that it is right.
"""

from __future__ import annotations

import os
from pathlib import Path

TARGET = Path(__file__).parent.parent / "cli" / "attribution_cli" / "help.txt"


def main() -> None:
    """Write the text."""
    os.environ["COLUMNS"] = "80"
    from typer.testing import CliRunner

    from attribution_cli.app import app

    TARGET.write_text(CliRunner().invoke(app, ["--help"], prog_name="attribution").stdout, "utf-8")


if __name__ == "__main__":
    main()
