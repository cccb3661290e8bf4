"""What `check`, `explain` and `batch` share: their options, and how the library is asked."""

from __future__ import annotations

import asyncio
import csv
import getpass
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attribution.errors import SettingsError
from attribution.files.text_files import decoded
from attribution.language import gettext as _
from attribution_cli.console import print_proxy_note, working

if TYPE_CHECKING:
    from attribution.attributor import Attributor, Investigation
    from attribution.evidence.statements import ServedStatement, Vouching
    from attribution.lookup.protocols.origin import DisclosedOrigin
    from attribution.settings import Settings

Evidence = Annotated[
    Path | None,
    typer.Option("--evidence", metavar="FOLDER", help="Keep a bundle of each answer here."),
]
MaxAge = Annotated[
    float | None,
    typer.Option(
        "--max-age",
        min=0,
        metavar="HOURS",
        help="Use kept answers of at most this age; 0 asks anew.",
    ),
]
Refresh = Annotated[
    bool, typer.Option("--refresh", help="Ask everything anew; the same as --max-age 0.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Ask nobody: answer from what is kept, up to 7 days old.")
]
CheckMailbox = Annotated[
    bool,
    typer.Option(
        "--check-mailbox",
        help="Ask DNS whether the mailboxes' domains take mail; no mail server is asked.",
    ),
]
Vouched = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Customers that a person vouches for: CSV with provider, by, why, date.",
    ),
]
_MOST_VOUCHINGS = 4 * 1024 * 1024
"""Bytes of a table of vouchings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How the library is asked: the options of a lookup."""

    evidence: Path | None = None
    """Folder for a bundle of each answer."""
    check_mailboxes: bool = False
    max_age: timedelta | None = None
    """Age of kept answers that are used; None for what each allows."""
    offline: bool = False
    vouched: Sequence[Vouching] = ()
    """Customers that a person vouches for."""

    def attributor(self, settings: Settings, *, keep_steps: bool = False) -> Attributor:
        """Return what answers; `keep_steps` where the rules applied are shown."""
        from attribution.attributor import Attributor

        return Attributor(
            settings,
            evidence=self.evidence,
            keep_steps=keep_steps,
            check_mailboxes=self.check_mailboxes,
            max_age=self.max_age,
            offline=self.offline,
            vouched=self.vouched,
        )


def age_of(hours: float | None, *, refresh: bool, offline: bool) -> timedelta | None:
    """Return the age that kept answers may have by the options; None for what each allows.

    Raises BadParameter where the options contradict one another.
    """
    if offline and (refresh or hours is not None):
        raise typer.BadParameter(_("--offline asks nobody: leave out --refresh and --max-age"))
    if refresh:
        return timedelta(0)
    return None if hours is None else timedelta(hours=hours)


def investigate(
    targets: Iterable[str],
    asking: Asking,
    show: Callable[[Investigation], None],
    *,
    origins: Sequence[DisclosedOrigin] = (),
    served_from: ServedStatement | None = None,
) -> None:
    """Look targets up at once and show them in the order given."""
    from attribution.settings import load_settings
    from attribution_cli.recalled import note_environment

    settings = load_settings()
    print_proxy_note(settings)
    slots = asyncio.Semaphore(settings.jobs)

    with working(_("asking resolvers and registries …")) as status:

        async def investigate_all() -> None:
            async with (
                asking.attributor(settings, keep_steps=True) as attributor,
                asyncio.TaskGroup() as group,
            ):

                async def look_up(target: str) -> Investigation:
                    async with slots:
                        return await attributor.investigate(
                            target, origins=origins, served_from=served_from
                        )

                for task in [group.create_task(look_up(target)) for target in targets]:
                    investigation = await task
                    status.stop()
                    show(investigation)

        try:
            asyncio.run(investigate_all())
            note_environment(settings)
        except ExceptionGroup as group:
            raise _first_error(group) from None


def _first_error(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def served_statement(address: str | None) -> ServedStatement | None:
    """Return that a person saw an address serve the content; None without an address."""
    from attribution.evidence.statements import ServedStatement
    from attribution.settings import load_settings

    if address is None:
        return None
    who = load_settings().analyst or getpass.getuser()
    return ServedStatement(address, who, datetime.now(UTC).replace(microsecond=0))


def vouchings_in(path: Path | None) -> list[Vouching]:
    """Read a table of vouchings. Raises SettingsError or InvalidVouching."""
    from attribution.evidence.statements import read_vouchings

    if path is None:
        return []
    try:
        with path.open("rb") as raw:
            whole = raw.read(_MOST_VOUCHINGS + 1)
        if len(whole) > _MOST_VOUCHINGS:
            raise SettingsError(
                _(
                    "--vouched {file} is larger than {most} bytes: name a CSV file with the "
                    "columns provider, by, why and date.",
                    file=repr(str(path)),
                    most=_MOST_VOUCHINGS,
                )
            )
        return read_vouchings(decoded(whole))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(
            _(
                "--vouched {file} cannot be read: {reason}. Name a CSV file in UTF-8.",
                file=repr(str(path)),
                reason=error,
            )
        ) from None
