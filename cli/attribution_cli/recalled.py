"""`check` of something that was checked a moment ago, answered before the library is loaded.

The environment, the settings file and the user's tables decide which kept answers may be given:
what a full start worked out from them is kept under a hash of all three (`note_environment`), and
found again here by the same hash. Whatever is not found, or not plain, goes the long way.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from attribution._version import __version__
from attribution.cache.peek import Peek

if TYPE_CHECKING:
    from attribution.settings import Settings

_PLAIN = re.compile(r"(?:https?://)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?:[/?#]\S*)?")
_PLAIN_LENGTH = 2048
_DAYS = 30 * 86400.0


def recalled_check(arguments: list[str]) -> int | None:
    """Print the answers of `check [--json] TARGET...` from what is kept, and return the exit code;
    None to go the long way.
    """
    as_json = "--json" in arguments
    targets = [argument for argument in arguments if argument != "--json"]
    short = [target for target in targets if len(target) <= _PLAIN_LENGTH]
    hosts = [match[1] for target in short if (match := _PLAIN.fullmatch(target))]
    try:
        folder = _cache_folder()
    except OSError:  # a settings file that may not be looked at: the long way says so
        return None
    if not targets or len(hosts) != len(targets) or folder is None:
        return None
    store = Peek(folder)
    known = store.get(_environment_key())
    if not isinstance(known, list) or any(_stamp(path) != stamp for path, stamp in known[1]):
        return None
    now = datetime.now(UTC).replace(microsecond=0)
    answers: list[Any] = [store.get(known[0] + host) for host in hosts]
    store.close()
    if any(kept is None or kept[0] <= now.timestamp() or kept[4] is None for kept in answers):
        return None
    statuses = [
        _show(target, now, kept, as_json=as_json)
        for target, kept in zip(targets, answers, strict=True)
    ]
    return 0 if all(status == "attributed" for status in statuses) else 1


def note_environment(settings: Settings) -> None:
    """Keep which answers may be given in this environment, for the next start."""
    from attribution.cache.finished import FinishedAnswers, stamp, user_tables
    from attribution.cache.json_store import JsonStore
    from attribution.lookup.budgets.clock import Clock

    store = JsonStore(settings.cache_path)
    prefix = FinishedAnswers(store, settings, Clock(), check_mailboxes=False).prefix
    tables = [[str(path), stamp(path)] for path in user_tables(settings)]
    store.set(_environment_key(), [prefix, tables], _DAYS)
    store.close()


def _environment_key() -> str:
    """Return a hash of the version, of every variable of ours, and of the settings file."""
    variables = sorted(
        (name, value)
        for name, value in os.environ.items()
        if name.upper().startswith("ATTRIBUTION_")
    )
    homes = [
        os.environ.get(name)
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
    ]
    file = _config_file()
    try:
        text = file.read_text("utf-8", "replace") if file and file.is_file() else None
    except OSError as error:  # the long way says what is wrong with it
        text = str(error)
    whole = json.dumps([__version__, variables, homes, text])
    return f"environment {hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def _config_file() -> Path | None:
    named = os.environ.get("ATTRIBUTION_CONFIG")
    return Path(named) if named else _home("XDG_CONFIG_HOME", ".config", "config.toml")


def _cache_folder() -> Path | None:
    """Return the cache folder where that needs no settings to be read: set in the environment, or
    the usual one on Linux.
    """
    named = os.environ.get("ATTRIBUTION_CACHE_FOLDER")
    if named:
        return Path(named)
    file = _config_file()
    return None if file is None or file.is_file() else _home("XDG_CACHE_HOME", ".cache")


def _home(variable: str, usual: str, *parts: str) -> Path | None:
    """Return a folder or file of ours as the XDG base directory specification places it; None on
    other systems.
    """
    if sys.platform != "linux":
        return None
    base = os.environ.get(variable, "").strip()
    return Path(base or Path.home() / usual).joinpath("attribution", *parts)


def _stamp(path: str) -> list[int]:
    try:
        status = os.stat(path)  # noqa: PTH116 - the library's own function is not loaded here
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size]


def _show(target: str, now: datetime, kept: list[Any], *, as_json: bool) -> str:
    _, status, head, tail, steps = kept
    text = f'{{"input":{json.dumps(target)},{head}{now:%Y-%m-%dT%H:%M:%SZ}{tail}'
    if as_json:
        sys.stdout.write(text + "\n")
        return str(status)
    from attribution_cli.console import results
    from attribution_cli.panel import panel

    answer = json.loads(text, object_hook=lambda values: SimpleNamespace(**values))
    answer.observed_at = now
    rules = [SimpleNamespace(rule=rule, conclusion=conclusion) for rule, conclusion in steps]
    results().print(panel(SimpleNamespace(attribution=answer, steps=rules)))  # type: ignore[arg-type]
    return str(status)
