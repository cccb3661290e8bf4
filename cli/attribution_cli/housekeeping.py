"""The verbs around the main job: what is kept, which tables are used, how it is set."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from attribution_cli.console import results, say

AsJson = Annotated[bool, typer.Option("--json", help="JSON lines for programs.")]

cache_app = typer.Typer(help="What earlier look-ups learnt.", no_args_is_help=True)
data_app = typer.Typer(help="The tables of proxies, clouds, sinkholes and parking pages.", no_args_is_help=True)
config_app = typer.Typer(help="The settings.", no_args_is_help=True)


@cache_app.command("show", epilog="Example: attribution cache show")
def cache_show(as_json: AsJson = False) -> None:
    """Count what is kept, by kind of question."""
    from attribution.cache.answers import AnswerCache
    from attribution.lookup.clock import Clock
    from attribution.settings import load_settings

    cache = AnswerCache(load_settings(), Clock())
    counts, path = cache.counts(), cache.store.path
    values = {"path": str(path), "bytes": cache.store.volume(), "answers": sum(counts.values()), "kinds": counts}
    cache.close()
    if as_json:
        typer.echo(json.dumps(values))
        return
    typer.echo(f"{values['path']}: {values['answers']} answers, {values['bytes']} bytes")
    for kind, count in counts.items():
        typer.echo(f"  {kind:10} {count}")
    for aside in sorted(path.parent.glob(f"{path.name}.set-aside-*")):
        typer.echo(f"set aside earlier: {aside}")


@cache_app.command("clear", epilog="Example: attribution cache clear")
def cache_clear() -> None:
    """Forget every kept answer. Evidence bundles are not touched."""
    from attribution.cache.json_store import JsonStore
    from attribution.settings import load_settings

    store = JsonStore(load_settings().cache_path)
    count = store.clear()
    store.close()
    say(f"attribution: {count} answers forgotten")


@cache_app.command("path", epilog="Example: attribution cache path")
def cache_path() -> None:
    """Print the folder of kept answers."""
    from attribution.cache.json_store import JsonStore
    from attribution.settings import load_settings

    typer.echo(str(JsonStore(load_settings().cache_path).path))


@data_app.command("show", epilog="Example: attribution data show")
def data_show(as_json: AsJson = False) -> None:
    """List each table with its source and date."""
    from attribution.data.fronts import front_lists
    from attribution.settings import load_settings

    for listing, prefixes in front_lists(load_settings().data_path).values():
        if as_json:
            typer.echo(json.dumps({**asdict(listing), "prefixes": len(prefixes)}))
        else:
            typer.echo(
                f"{listing.name:18} {listing.kind:9} {len(prefixes):5} ranges  {listing.published:10}  {listing.source}"
            )


@data_app.command("refresh", epilog="Example: attribution data refresh --apply")
def data_refresh(
    apply: Annotated[bool, typer.Option("--apply", help="Let the changes take effect.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also lists that lost more than half of their addresses.")
    ] = False,
) -> int:
    """Fetch the lists anew from their publishers and show what changed; --apply lets it take effect."""
    from attribution_cli.refresh import refresh

    return refresh(apply=apply, force=force)


@config_app.command("show", epilog="Example: attribution config show")
def config_show(as_json: AsJson = False) -> None:
    """Print each setting, its value, and where the value comes from."""
    from attribution.settings import setting_sources, unknown_variables

    rows = setting_sources()
    for name in unknown_variables():
        say(f"attribution: {name} is set, and is no setting of this version")
    if as_json:
        for name, value, source, purpose in rows:
            typer.echo(json.dumps({"name": name, "value": value, "source": source, "purpose": purpose}, default=str))
        return
    from rich.text import Text

    for name, value, source, purpose in rows:
        line = Text(f"{name} = {value}", style="bold").append(f"  ({source})", style="dim")
        results().print(line.append(f"\n    {purpose}", style="not bold"))
