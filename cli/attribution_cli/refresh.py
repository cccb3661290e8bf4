"""`attribution data refresh`: what the publishers changed is shown before it takes effect."""

from __future__ import annotations

import asyncio
import ipaddress

import typer

from attribution.language import gettext as _
from attribution_cli import exit_code
from attribution_cli.console import print_message, print_proxy_note
from attribution_cli.safe_text import shown


def refresh(*, apply: bool, force: bool) -> int:
    """Fetch, compare, show and perhaps write. Exit code 1 when a list could not be had or was held
    back, 3 when none could.
    """
    from attribution.data.reverse_proxies import Lists, reverse_proxy_lists, write_refreshed
    from attribution.lookup.budgets.clock import Clock
    from attribution.lookup.protocols.publishers import fetch_published
    from attribution.settings import load_settings

    settings = load_settings()
    print_proxy_note(settings)
    known = reverse_proxy_lists(settings.data_path)
    fetched = asyncio.run(fetch_published(settings, Clock()))
    taken: Lists = {}
    for name, (listing, prefixes) in fetched.lists.items():
        before = set(known[name][1]) if name in known else set()
        lost, gained = sorted(before - set(prefixes)), sorted(set(prefixes) - before)
        halved = _size(prefixes) * 2 < _size(before)
        held_back = halved and not force
        typer.echo(
            _(
                "{name}: {gained} ranges new, {lost} gone, {now} now",
                name=name,
                gained=len(gained),
                lost=len(lost),
                now=len(prefixes),
            )
        )
        if held_back:
            typer.echo(
                _(
                    "{name}: held back: it lost more than half of its addresses; compare it with "
                    "its source, then --force",
                    name=name,
                )
            )
        for sign, changed in (("+", gained), ("-", lost)):
            for prefix in changed[:20]:
                typer.echo(f"  {sign} {prefix}")
            if len(changed) > 20:
                more = _("and {count} more", count=len(changed) - 20)
                typer.echo(f"  {sign} {more}")
        if not held_back:
            taken[name] = listing, prefixes
    for name, why in fetched.failures.items():
        print_message(_("{name} stays as it is: {why}", name=name, why=shown(why)))
    if taken and apply:
        file = write_refreshed(settings.data_path, taken)
        print_message(_("written to {file}", file=file))
    elif taken:
        print_message(_("nothing was changed; --apply lets this take effect"))
    if not fetched.lists:
        return exit_code.UPSTREAM_UNREACHABLE
    return (
        exit_code.SOME_NOT
        if fetched.failures or len(taken) < len(fetched.lists)
        else exit_code.ALL_ATTRIBUTED
    )


def _size(prefixes: list[str] | set[str]) -> int:
    """Count IPv4 addresses; IPv6 blocks, whose sizes say little, count one each."""
    networks = [ipaddress.ip_network(prefix) for prefix in prefixes]
    return sum(network.num_addresses if network.version == 4 else 1 for network in networks)
