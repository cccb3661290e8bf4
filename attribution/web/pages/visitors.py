"""Who is at the other end of a page: the session, the language, and the mark that forms carry so
that no other site sends one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from attribution.language import Domain, languages
from attribution.web.access import sessions
from attribution.web.access.roles import Principal, Scope
from attribution.web.access.sessions import Session
from attribution.web.access.tokens import form_token, new_token, same
from attribution.web.http.problems import ProblemError
from attribution.web.service import Service

_MOST_FIELDS = 60


class NotSignedInError(Exception):
    """Somebody has to sign in first."""


@dataclass(slots=True)
class Visitor:
    """Who looks at a page."""

    session: Session | None
    language: str
    now: int
    secure: bool
    stranger: str
    """What forms are marked by while nobody is signed in; from a cookie of its own."""
    new: bool = False
    """Whether that cookie has to be given yet."""
    cookies: list[tuple[str, str | None, int | None]] = field(default_factory=list)

    @property
    def form_token(self) -> str:
        """What this visitor's forms carry."""
        return self.session.form if self.session else form_token(self.stranger)

    def give_cookies(self, response: Response) -> None:
        """Give the browser what it has to keep."""
        if self.new and self.session is None:
            set_cookie(response, "form", self.stranger, secure=self.secure)


def visitor_of(request: Request) -> Visitor:
    """Return the visitor that `know` found."""
    found = getattr(request.state, "visitor", None)
    if found is None:  # a problem before anybody was known
        found = Visitor(None, _language(request), 0, is_secure(request), new_token())
        request.state.visitor = found
    return found


async def know(request: Request) -> Visitor:
    """Find out who looks, once a request."""
    service: Service = request.app.state.service
    token = cookie(request, "session")
    session = None
    if token:
        session = await run_in_threadpool(
            service.read, lambda connection: sessions.find(connection, token, service.now)
        )
    stranger = cookie(request, "form")
    new = not 20 <= len(stranger) <= 100
    language = cookie(request, "language") or (session.account.language if session else "")
    visitor = Visitor(
        session,
        language if language in languages(Domain.PAGE) else _language(request),
        service.now,
        is_secure(request),
        new_token() if new else stranger,
        new,
    )
    request.state.visitor = visitor
    client = request.client.host if request.client else "unknown"
    service.limiter.take(f"account {session.account.id}" if session else f"stranger {client}")
    if session:
        request.scope["principal"] = session.account.principal
        if session.seen_at < service.now - sessions.SEEN_EVERY:
            await run_in_threadpool(_note_seen, service, session)
    return visitor


def may(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """Return a dependency that lets in who is signed in and whose role opens `scope`."""

    async def check(visitor: Annotated[Visitor, Depends(know)]) -> Principal:
        if visitor.session is None:
            raise NotSignedInError
        principal = visitor.session.account.principal
        if not principal.may(scope):
            raise ProblemError(403, "not-open", f"your role ({principal.role}) does not open this.")
        return principal

    return check


async def form_of(request: Request, visitor: Annotated[Visitor, Depends(know)]) -> dict[str, str]:
    """Return a form that this visitor's own page sent. Raises ProblemError (403) for one from
    elsewhere.

    Three things have to hold: the browser says that the form comes from this site, or says nothing;
    it carries the visitor's mark; cookies are `SameSite`.
    """
    own = request.headers.get("host", "")
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if (origin is not None and urlsplit(origin).netloc != own) or site not in (
        "same-origin",
        "none",
    ):
        raise ProblemError(
            403,
            "other-site",
            "this form was sent by another site: open the page here, and send it from there.",
        )
    try:
        form: FormData = await request.form(
            max_files=0, max_fields=_MOST_FIELDS, max_part_size=4_194_304
        )
    except Exception as error:
        if isinstance(error, ProblemError) or type(error).__name__.startswith("_"):
            raise
        raise ProblemError(422, "bad-form", "the form cannot be read.") from None
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    if not same(values.pop("form", ""), visitor.form_token):
        raise ProblemError(
            403,
            "old-form",
            "this form is from another session: open the page anew, and send it again.",
        )
    return values


KnownVisitor = Annotated[Visitor, Depends(know)]
Form = Annotated[dict[str, str], Depends(form_of)]
Looker = Annotated[Principal, Depends(may("attribute"))]
Reader = Annotated[Principal, Depends(may("read"))]
Worker = Annotated[Principal, Depends(may("write"))]
Signer = Annotated[Principal, Depends(may("sign"))]
Confirmer = Annotated[Principal, Depends(may("confirm"))]
Admin = Annotated[Principal, Depends(may("administer"))]
Auditor = Annotated[Principal, Depends(may("audit"))]


def is_secure(request: Request) -> bool:
    """Say whether the service is reached over TLS: under its public name, which is an https one."""
    public = urlsplit(request.app.state.service.settings.public_url)
    return bool(public.scheme == "https" and request.url.hostname == public.hostname)


def cookie(request: Request, name: str) -> str:
    """Return a cookie of this service; empty where there is none."""
    return request.cookies.get(_cookie_name(name, secure=is_secure(request)), "")


def set_cookie(
    response: Response, name: str, value: str, *, secure: bool, seconds: int | None = None
) -> None:
    """Give a cookie that no script reads."""
    response.set_cookie(
        _cookie_name(name, secure=secure),
        value,
        max_age=seconds,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def take_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Take a cookie back."""
    response.delete_cookie(
        _cookie_name(name, secure=secure), path="/", secure=secure, httponly=True, samesite="lax"
    )


def _cookie_name(name: str, *, secure: bool) -> str:
    """Return a name that no other program of the machine has: ports do not part cookies. Over TLS
    no other host or path can set it (RFC 6265bis).
    """
    return f"__Host-attribution-{name}" if secure else f"attribution-{name}"


def sign_in_address(request: Request) -> str:
    """Return where to sign in, and to come back from there."""
    if request.method != "GET":
        return "/sign-in"
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/sign-in?next={quote(back, safe='/')}"


def own_address(address: str) -> str:
    """Return an address of this site; its front page in place of any other."""
    parts = urlsplit(address)
    plain = (
        address.isprintable()
        and address.startswith("/")
        and not address.startswith(("//", "/\\"))
        and "\\" not in address
    )
    return address if plain and not parts.scheme and not parts.netloc else "/"


def _language(request: Request) -> str:
    wanted = request.headers.get("accept-language", "")[:200].lower()
    codes = [one.split(";")[0].strip()[:2] for one in wanted.split(",")]
    return next((code for code in codes if code in languages(Domain.PAGE)), "en")


def _note_seen(service: Service, session: Session) -> None:
    with service.store.write(session.account.person) as writer:
        sessions.note_seen(writer, session)
