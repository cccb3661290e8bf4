"""Builds the documentation as a site: `make docs`. Nothing in it is loaded from another site."""

from __future__ import annotations

import logging
import re
from typing import Any

from attribution._version import __version__

logging.getLogger("alembic").setLevel(logging.WARNING)  # it reports its plugins at import

project = "attribution"
author = "the authors of attribution"
version = release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
autodoc_class_signature = "separated"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"attribution {release}"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"top_of_page_buttons": []}

_LEFT_OUT = {"model_config", "model_fields", "model_computed_fields", "model_post_init"}
_ITEM = re.compile(r"(?:[-*]|\d+\.) ")
_MARKUP = re.compile(r"(`[^`]+`)|([*|\\]|(?<=\w)_(?!\w))")


def _as_restructured_text(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Turn a docstring, whose only markup is `code`, into reStructuredText."""
    blocks = re.split(r"\n\s*\n", "\n".join(lines).strip("\n"))
    lines[:] = [line for block in blocks for line in [*_block(block.split("\n")), ""]]


def _block(lines: list[str]) -> list[str]:
    """Turn a paragraph, a list or an example, which is indented, into reStructuredText."""
    if lines[0].lstrip().startswith(">>>"):
        return lines
    if lines[0].startswith(" "):
        return ["::", "", *lines]
    written: list[str] = []
    indent = ""
    for line in lines:
        item = _ITEM.match(line)
        if item:
            written += ["", item[0] + _MARKUP.sub(_escaped, line[item.end() :])]
            indent = " " * item.end()
        else:
            written.append(indent + _MARKUP.sub(_escaped, line.strip()))
    return written


def _escaped(match: re.Match[str]) -> str:
    code, character = match.groups()
    return f"`{code}`" if code else f"\\{character}"


def _is_left_out(
    app: Any, what: str, name: str, obj: Any, would_skip: bool, options: Any
) -> bool | None:
    """Leave out what pydantic adds to every model."""
    return True if name in _LEFT_OUT else None


def setup(app: Any) -> None:
    """Register the hooks of autodoc."""
    app.connect("autodoc-process-docstring", _as_restructured_text)
    app.connect("autodoc-skip-member", _is_left_out)
