"""Make docs/check.svg anew: what `attribution check` shows for a URL of the demo world."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

from rich.console import Console

from attribution import Attributor
from attribution.attributor import Investigation
from attribution.demo import DemoWorld
from attribution_cli.panel import panel

TARGET = Path(__file__).parent.parent / "docs" / "check.svg"


async def _investigate(world: DemoWorld) -> Investigation:
    async with Attributor(world.settings()) as attributor:
        return await attributor.investigate("https://shop.quay-customer.example/1")


def main() -> None:
    """Write the picture, without the web fonts that Rich would link to."""
    with DemoWorld() as world:
        investigation = asyncio.run(_investigate(world))
    console = Console(record=True, width=88, file=io.StringIO(), force_terminal=True)
    console.print(panel(investigation))
    svg = console.export_svg(title="attribution check https://shop.quay-customer.example/1")
    TARGET.write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()
