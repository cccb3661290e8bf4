"""Builds the documentation as a site: `make docs`. Nothing in it is loaded from another site."""

from __future__ import annotations

import re
from typing import Any

from attribution._version import __version__

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
_MARKUP = re.compile(r"(`[^`]+`)|([*|\\]|(?<=\w)_(?!\w))")


def _as_restructured_text(
    app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Turn a docstring, whose only markup is `code`, into reStructuredText."""
    lines[:] = [
        line if line.lstrip().startswith(">>>") else _MARKUP.sub(_escaped, line) for line in lines
    ]


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
