"""Write the example answer of the service's interface, as the demo world gives it: run after the
answer's form changes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import attribution
from attribution.demo import DemoWorld
from attribution.web.api import examples

FILE = Path(examples.__file__).with_name("example_answer.json")


def example_answer() -> str:
    """Return the answer with a fixed time and without the demo's ports."""
    with DemoWorld() as world:
        answer = attribution.attribute(examples.TARGET["target"], world.settings())
    text = json.dumps(answer.model_dump(mode="json"), indent=1)
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-03-02T12:00:00Z", text)
    text = re.sub(r"[0-9a-f]{64}", "0" * 64, text)  # of answers that name the demo's ports
    return re.sub(r"127\.0\.0\.1:\d+", "registry.example", text) + "\n"


if __name__ == "__main__":
    FILE.write_text(example_answer(), "utf-8")
