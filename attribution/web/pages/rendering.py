"""Templates of the page, and the filters that show values in them.

What a registry, an offender or a reporter wrote is escaped and shown as text, never as markup.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from functools import cache, partial
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from attribution._version import __version__
from attribution.codes import Code, DoubtCode, Rule
from attribution.files.shown_text import shown
from attribution.language import SOURCE, Domain, Translator, language_names, translator
from attribution.store.times import iso, micros, moment
from attribution.target import defanged
from attribution.web.pages.visitors import visitor_of

_TOGETHER_SECONDS = 0.01
"""Pieces of a streamed page that are ready within this time are sent together."""


@cache
def _environment(language: str) -> Environment:
    """Return the templates in one language."""
    environment = Environment(
        loader=ChoiceLoader(
            [PackageLoader("attribution.web"), PackageLoader("attribution.pattern.dossier")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_plain,
    )
    messages = translator(Domain.PAGE, language)
    environment.globals.update(
        _=messages.gettext,
        ngettext=messages.ngettext,
        version=__version__,
        language=language,
        languages=language_names(Domain.PAGE),
    )
    environment.filters.update(
        defang=defanged,
        time=utc_time,
        when=pass_context(partial(_when, messages)),
        day=utc_day,
        share=share,
        hours=in_hours,
        event_name=partial(_name, messages, "event"),
        role_name=partial(_name, messages, "role"),
        doubt_line=partial(_line, messages, language, DoubtCode),
        rule_line=partial(_line, messages, language, Rule),
    )
    return environment


@cache
def _async_environment(language: str) -> Environment:
    """Return the same templates for values that are waited for while they are shown."""
    return _environment(language).overlay(enable_async=True)


def _common_values(request: Request) -> dict[str, Any]:
    """Return what every template may show."""
    visitor = visitor_of(request)
    session = visitor.session
    return {
        "account": session.account if session else None,
        "form_token": visitor.form_token,
        "may": session.principal.may if session else lambda scope: False,
        "path": request.url.path,
        "now": visitor.now,
    }


def render(request: Request, template: str, **values: Any) -> Markup:
    """Return a template as HTML, in the visitor's language."""
    environment = _environment(visitor_of(request).language)
    html = environment.get_template(template).render(_common_values(request), **values)
    return Markup(html)  # noqa: S704 - the template escapes what it shows


def stream(request: Request, template: str, **values: Any) -> AsyncIterator[str]:
    """Yield a template as HTML, as far as it is known at a time.

    Values may be coroutines and asynchronous iterators.
    """
    environment = _async_environment(visitor_of(request).language)
    pieces = environment.get_template(template).generate_async(_common_values(request), **values)
    return _joined(pieces)


async def _joined(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """Yield pieces together that come together: a browser sees no half of what is ready."""
    known: list[str] = []
    following = asyncio.ensure_future(anext(pieces, None))
    try:
        while True:
            await asyncio.wait([following], timeout=_TOGETHER_SECONDS if known else None)
            if not following.done():
                yield "".join(known)
                known.clear()
                continue
            piece = following.result()
            if piece is None:
                break
            known.append(piece)
            following = asyncio.ensure_future(anext(pieces, None))
    finally:
        following.cancel()
    yield "".join(known)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a template as a page, with the cookie that its forms need where it is missing."""
    response = HTMLResponse(render(request, template, **values), status)
    visitor_of(request).give_cookies(response)
    return response


def utc_time(value: object) -> str:
    """Return a time as people read it: absolute, with its zone."""
    if value is None:
        return ""
    at = moment(value) if isinstance(value, int) else value
    if isinstance(at, datetime):
        return f"{at:%Y-%m-%d %H:%M} UTC"
    return str(at).replace("T", " ").removesuffix("Z").removesuffix("+00:00") + (
        " UTC" if "T" in str(at) else ""
    )


def utc_day(value: datetime) -> str:
    """Return a day (UTC)."""
    return f"{value:%Y-%m-%d}"


def share(value: float | None) -> str:
    """Return a share in per cent."""
    return "" if value is None else f"{100 * value:.0f} %"


def in_hours(days: float) -> str:
    """Return a time in days as people say it."""
    return f"{days * 24:.0f} h" if days < 2 else f"{days:.1f} d".replace(".0 ", " ")


def _when(messages: Translator, context: Context, value: object) -> Markup:
    """Return a time as an element: how long ago, and the absolute time in a tooltip."""
    if value is None:
        return Markup()
    at = value if isinstance(value, int) else micros(value) if isinstance(value, datetime) else None
    if at is None:
        return Markup("{}").format(utc_time(value))
    ago = _ago(messages, context["now"] - at)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso(at), ago, utc_time(at))


def _ago(messages: Translator, micros_ago: int) -> str:
    minutes = micros_ago // 60_000_000
    if minutes < 0:
        return messages.gettext("to come")
    if minutes < 120:
        return messages.gettext("{count} min ago", count=minutes)
    if minutes < 2880:
        return messages.gettext("{count} h ago", count=minutes // 60)
    return messages.ngettext("{count} day ago", "{count} days ago", minutes // 1440)


def _name(messages: Translator, context: str, code: str) -> str:
    """Return the name of an event or a role: its code with spaces, translated."""
    return messages.pgettext(context, code.replace("_", " "))


def _line(messages: Translator, language: str, kind: type[Code], code: str) -> str:
    """Return what a code means, for readers of another language than the answer's own English."""
    if language == SOURCE or code not in set(kind):
        return ""
    return messages.gettext(kind(code).line)


def _plain(value: Any) -> Any:
    """Return text without characters that change how it is shown; our own markup stays."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(map(shown, value.split("\n")))
    return value
