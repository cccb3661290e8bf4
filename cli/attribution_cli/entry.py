"""Where the command begins: answers `--version` before anything is loaded."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and exit with its code."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        from attribution._version import __version__

        sys.stdout.write(f"attribution {__version__}\n")
        return
    from attribution_cli.app import run

    sys.exit(run())


if __name__ == "__main__":
    main()
