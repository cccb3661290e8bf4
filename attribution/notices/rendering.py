"""The text of a notice in a language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from jinja2 import TemplateError

from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.language import SOURCE
from attribution.language.texts import is_reviewed, with_english
from attribution.notices.notice import Notice
from attribution.notices.own_templates import (
    PACKAGED,
    check_language,
    check_own_template,
    environment_of,
    extends_packaged,
    own_template,
)


class RenderedNotice(NamedTuple):
    """A notice as it goes out."""

    subject: str
    text: str


def render_notice(notice: Notice, language: str, own_folder: Path | None = None) -> RenderedNotice:
    """Write a notice; the English stands below a translation that nobody has reviewed.

    `own_folder`: where a hotline keeps its own `notice.LANGUAGE.txt.j2`. Raises Refused for a
    language without catalogue and own template, and for one of them that cannot be used.
    """
    check_language(language, own_folder)
    own = own_template(language, own_folder)
    rendered = _rendered(notice, language, own)
    if is_reviewed(language) or (own is not None and _is_whole(own)):
        return rendered
    english = _rendered(notice, SOURCE, own_template(SOURCE, own_folder))
    return RenderedNotice(rendered.subject, with_english(rendered.text, english.text))


def _rendered(notice: Notice, language: str, own: Path | None) -> RenderedNotice:
    if own is not None:
        check_own_template(own)
    name = PACKAGED if own is None else own.name
    environment = environment_of(language, None if own is None else own.parent)
    try:
        text = environment.get_template(name).render(notice.variables())
    except TemplateError as error:
        raise Refused(Refusal.INVALID, "template", name, f"it cannot be used: {error}") from None
    subject, _, body = text.strip().partition("\n")
    return RenderedNotice(" ".join(subject.split()), re.sub(r"\n{3,}", "\n\n", body.strip()) + "\n")


def _is_whole(own: Path) -> bool:
    """Say whether an own template is a whole notice, with no text of a catalogue."""
    return not extends_packaged(environment_of(SOURCE, None).parse(own.read_text("utf-8")))
