"""Templates, and what they show values with. Whatever a registry, offender or reporter wrote is
text here, and never anything else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from attribution._version import __version__
from attribution.files.shown_text import shown
from attribution.store.times import iso, micros, moment
from attribution.target import defanged
from attribution.web.pages.visitors import visitor_of
from attribution.web.words import LANGUAGES, words_of


@cache
def _environment() -> Environment:
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
    environment.filters.update(
        defang=defanged, time=utc_time, when=_when, day=utc_day, share=share, hours=in_hours
    )
    environment.globals.update(version=__version__, languages=LANGUAGES)
    return environment


@cache
def _async_environment() -> Environment:
    """Return the same templates for values that are waited for while they are shown."""
    return _environment().overlay(enable_async=True)


def _common_values(request: Request) -> dict[str, Any]:
    """Return what every template may show."""
    visitor = visitor_of(request)
    session = visitor.session
    return {
        "_": words_of(visitor.language),
        "language": visitor.language,
        "account": session.account if session else None,
        "form_token": visitor.form_token,
        "may": session.principal.may if session else lambda scope: False,
        "path": request.url.path,
        "now": visitor.now,
    }


def render(request: Request, template: str, **values: Any) -> Markup:
    """Return a template as HTML."""
    html = _environment().get_template(template).render(_common_values(request), **values)
    return Markup(html)  # noqa: S704 - the template escapes what it shows


def stream(request: Request, template: str, **values: Any) -> AsyncIterator[str]:
    """Yield a template as HTML, piece by piece; values may be coroutines and async iterators."""
    page = _async_environment().get_template(template)
    return page.generate_async(_common_values(request), **values)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a template as a page; the cookie that forms need goes with it, where the browser has
    none yet.
    """
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


@pass_context
def _when(context: Context, value: object) -> Markup:
    """Return a time as an element: absolute, and how long ago in a tooltip."""
    if value is None:
        return Markup()
    at = value if isinstance(value, int) else micros(value) if isinstance(value, datetime) else None
    if at is None:
        return Markup("{}").format(utc_time(value))
    ago = _ago(context["now"] - at, context["_"])
    return Markup('<time datetime="{}" title="{}">{}</time>').format(iso(at), ago, utc_time(at))


def _ago(micros_ago: int, say: Callable[..., str]) -> str:
    minutes = micros_ago // 60_000_000
    if minutes < 0:
        return say("to come")
    if minutes < 120:
        return say("{count} min ago", count=minutes)
    return (
        say("{count} h ago", count=minutes // 60)
        if minutes < 2880
        else say("{count} days ago", count=minutes // 1440)
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


def _plain(value: Any) -> Any:
    """Return text in which no mark changes how it is shown; markup of our own stays."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return "\n".join(map(shown, value.split("\n")))
    return value
