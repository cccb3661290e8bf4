"""Where the command begins: answers what needs no library before any is loaded."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and exit with its code;
    quietly where whoever reads its output has enough of it.
    """
    intruder = _other_distribution()
    if intruder:
        sys.stderr.write(
            f"attribution: the package 'attribution' in {intruder} is not "
            "hosting-attribution's: another program of"
            " that name was installed over it or stands before it. Install this one into an "
            "environment of its own,"
            " as README's section 'Install' says.\n"
        )
        sys.exit(2)
    try:
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        from attribution_cli.console import let_go_of_output
        from attribution_cli.exit_code import READER_GONE

        let_go_of_output()
        code = READER_GONE
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    if arguments in (["--version"], ["-V"]):
        from attribution._version import __version__

        sys.stdout.write(f"attribution {__version__}\n")
        return 0
    if arguments in (["--help"], ["-h"]):
        help_text = _kept_help()
        if help_text:
            sys.stdout.write(help_text)
            return 0
    if arguments[:1] == ["check"] and not any(
        argument.startswith("-") and argument != "--json" for argument in arguments[1:]
    ):
        from attribution_cli.recalled import recalled_check

        code = recalled_check(arguments[1:])
        if code is not None:
            return code
    from attribution_cli.app import run

    return run()


def _other_distribution() -> str | None:
    """Return the folder of an `attribution` package that is not ours;
    None where it is, found without importing it.

    A program of that name on the package index has the same import name: it can lie before ours in
    `sys.path` (then its folder lacks our marker file), or have been written over ours (then
    `__init__.py` does not begin as ours does).
    """
    for finder in sys.meta_path:
        spec = finder.find_spec("attribution", None)
        if spec is not None:
            break
    else:
        return "no folder of sys.path"
    folder = next(iter(spec.submodule_search_locations or ["a single file"]))
    try:
        with (
            open(f"{folder}/hosting-attribution.txt", "rb") as marker,  # noqa: PTH123 - costs a load
            open(f"{folder}/__init__.py", "rb") as start,  # noqa: PTH123 - pathlib is not loaded
        ):
            first_line = marker.readline().strip()
            return None if first_line and start.readline().strip() == first_line else folder
    except OSError:
        return folder


def _kept_help() -> str | None:
    """Return the help as it was written out in English for a terminal of ordinary width; None for
    narrower ones, and where the environment may ask for another language.
    """
    import os

    variables = ("ATTRIBUTION_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    language = next(filter(None, map(os.environ.get, variables)), "en")
    if not language.startswith(("en", "C", "POSIX")):
        return None
    from pathlib import Path
    from shutil import get_terminal_size

    if get_terminal_size().columns < 80:
        return None
    try:
        return Path(__file__).with_name("help.txt").read_text("utf-8")
    except OSError:
        return None


if __name__ == "__main__":
    main()
