"""Importing is cheap: no network library before it is needed."""

import subprocess
import sys

import pytest

HEAVY = (
    "httpx",
    "httpcore",
    "httpcore2",
    "dns",
    "pydantic",
    "ipwhois",
    "diskcache",
    "tldextract",
    "socket",
    "asyncio",
)


def loaded_after(code: str) -> list[str]:
    # What was there before (a coverage measurement may load sockets) says nothing.
    program = f"""import sys
before = set(sys.modules)
{code}
print([name for name in {HEAVY!r} if name in sys.modules and name not in before])"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return list(eval(done.stdout.splitlines()[-1]))


def test_import_loads_no_network_library() -> None:
    assert loaded_after("import attribution") == []


@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_command_starts_without_network_libraries_and_pydantic(argument: str) -> None:
    code = f"""
sys.argv = ["attribution", {argument!r}]
from attribution_cli.entry import main
try:
    main()
except SystemExit:
    pass
"""
    loaded = loaded_after(code)
    assert not {
        "httpx",
        "httpcore",
        "httpcore2",
        "dns",
        "pydantic",
        "ipwhois",
        "diskcache",
        "tldextract",
    } & set(loaded)


def test_every_exported_name_is_there() -> None:
    import attribution

    assert [name for name in attribution.__all__ if not hasattr(attribution, name)] == []
    assert dir(attribution) == attribution.__all__


def test_unknown_name_is_an_attribute_error() -> None:
    import attribution

    with pytest.raises(AttributeError, match="nonsense"):
        attribution.nonsense  # noqa: B018
