"""`attribution cache`, `data`, `config`: kept answers, tables in use, and settings."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Annotated

import typer

from attribution.language import gettext as _
from attribution.language import ngettext
from attribution_cli import exit_code
from attribution_cli.console import print_message, results

ServedFrom = Annotated[
    str | None,
    typer.Option(
        "--served-from",
        metavar="ADDRESS",
        help="The address that was seen to serve the content.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON lines for programs.")]

cache_app = typer.Typer(help="Answers kept of earlier lookups.", no_args_is_help=True)
data_app = typer.Typer(
    help="The tables of proxies, clouds, sinkholes and parking pages, and of law.",
    no_args_is_help=True,
)
config_app = typer.Typer(help="The settings.", no_args_is_help=True)


@cache_app.command("show", epilog="Example: attribution cache show")
def cache_show(as_json: AsJson = False) -> None:
    """Count what is kept, by kind of question."""
    from attribution.cache.answers import AnswerCache
    from attribution.lookup.budgets.clock import Clock
    from attribution.settings import load_settings

    cache = AnswerCache(load_settings(), Clock())
    counts, path = cache.counts(), cache.store.path
    values = {
        "path": str(path),
        "bytes": cache.store.volume(),
        "answers": sum(counts.values()),
        "kinds": counts,
    }
    cache.close()
    if as_json:
        typer.echo(json.dumps(values))
        return
    typer.echo(_("{path}: {answers} answers, {bytes} bytes", **values))
    for kind, count in counts.items():
        typer.echo(f"  {kind:10} {count}")
    for aside in sorted(path.parent.glob(f"{path.name}.set-aside-*")):
        typer.echo(_("set aside earlier: {file}", file=aside))


@cache_app.command("clear", epilog="Example: attribution cache clear")
def cache_clear() -> int:
    """Forget every kept answer. Evidence bundles are not touched."""
    from attribution.cache.json_store import JsonStore
    from attribution.settings import load_settings

    store = JsonStore(load_settings().cache_path)
    count = store.clear()
    store.close()
    if store.trouble is not None:  # it was shown as a warning
        return exit_code.USAGE
    print_message(ngettext("{count} answer forgotten", "{count} answers forgotten", count))
    return 0


@cache_app.command("path", epilog="Example: attribution cache path")
def cache_path() -> None:
    """Print the folder of kept answers."""
    from attribution.cache.json_store import JsonStore
    from attribution.settings import load_settings

    typer.echo(str(JsonStore(load_settings().cache_path).path))


@data_app.command("show", epilog="Example: attribution data show")
def data_show(as_json: AsJson = False) -> None:
    """List each table with its source and date."""
    from attribution.data.reverse_proxies import reverse_proxy_lists
    from attribution.settings import load_settings

    for listing, prefixes in reverse_proxy_lists(load_settings().data_path).values():
        if as_json:
            typer.echo(json.dumps({**asdict(listing), "prefixes": len(prefixes)}))
        else:
            typer.echo(
                f"{listing.name:18} {listing.kind:9} {len(prefixes):5} {_('ranges')}  "
                f"{listing.published:10}  {listing.source}"
            )


@data_app.command("law", epilog="Example: attribution data law NL")
def data_law(
    country: Annotated[
        str | None, typer.Argument(metavar="[COUNTRY]", help="Two letters, as NL.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how far the tables of law can be relied on; or all that they say of a country."""
    from attribution_cli.law import show_country, show_tables

    if country is None:
        show_tables(as_json=as_json)
    else:
        show_country(country, as_json=as_json)


@data_app.command("refresh", epilog="Example: attribution data refresh --apply")
def data_refresh(
    apply: Annotated[bool, typer.Option("--apply", help="Let the changes take effect.")] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also lists that lost more than half of their addresses."),
    ] = False,
) -> int:
    """Fetch the lists anew from their publishers and show what changed; --apply lets it take
    effect.
    """
    from attribution_cli.refresh import refresh

    return refresh(apply=apply, force=force)


@config_app.command("show", epilog="Example: attribution config show")
def config_show(as_json: AsJson = False) -> None:
    """Print which settings file is read, and each setting, its value, and where the value comes
    from.
    """
    from attribution.settings import (
        CONFIG_VARIABLE,
        config_file,
        setting_sources,
        unknown_variables,
    )

    rows = setting_sources()
    file = config_file()
    file_is_read = file.is_file()
    file_source = f"environment {CONFIG_VARIABLE}" if CONFIG_VARIABLE in os.environ else "default"
    for name in unknown_variables():
        print_message(_("{name} is set, and is no setting of this version", name=name))
    if as_json:
        about = {
            "name": "config",
            "value": str(file),
            "source": file_source,
            "purpose": "the settings file, TOML",
        }
        typer.echo(json.dumps({**about, "read": file_is_read}))
        for name, value, source, purpose in rows:
            typer.echo(
                json.dumps(
                    {"name": name, "value": value, "source": source, "purpose": purpose},
                    default=str,
                )
            )
        return
    from rich.text import Text

    state = _("read") if file_is_read else _("not there; it would be read")
    results().print(
        Text(_("settings file: {file}", file=file), style="bold").append(
            f"  ({file_source}; {state})", style="dim"
        ),
        soft_wrap=True,
    )
    for name, value, source, purpose in rows:
        line = Text(f"{name} = {value}", style="bold").append(f"  ({source})", style="dim")
        results().print(line.append(f"\n    {purpose}", style="not bold"))


@config_app.command("path", epilog="Example: attribution config path")
def config_path() -> None:
    """Print the settings file that is read, or would be if it were there."""
    from attribution.settings import config_file

    typer.echo(str(config_file()))
