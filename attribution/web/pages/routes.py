"""Routes of the page: who may open one, and that its forms come from the page itself.

A page is a module of this package with a router: `router = APIRouter(route_class=PageRoute)`; see
`site`. Whoever opens it needs the scope of the route's principal, such as `principal: Reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from attribution.codes import Problem
from attribution.web.access.roles import Principal, Scope
from attribution.web.access.tokens import same
from attribution.web.http.problems import ProblemError
from attribution.web.pages.visitors import NotSignedInError, Visitor, identify, visitor_of

_MOST_FIELDS = 60
_MOST_PART_BYTES = 4_194_304


class Requires:
    """A dependency: the person who is signed in, if the person's role has a scope."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, request: Request) -> Principal:
        """Return the person. Raises NotSignedInError or ProblemError (403)."""
        session = visitor_of(request).session
        if session is None:
            raise NotSignedInError
        principal = session.principal
        if not principal.may(self._scope):
            raise ProblemError(
                Problem.NOT_OPEN,
                f"your role {principal.role} lacks the scope {self._scope}: ask an administrator.",
            )
        return principal


Attributing = Annotated[Principal, Depends(Requires(Scope.ATTRIBUTE))]
Reading = Annotated[Principal, Depends(Requires(Scope.READ))]
Writing = Annotated[Principal, Depends(Requires(Scope.WRITE))]
Signing = Annotated[Principal, Depends(Requires(Scope.SIGN))]
Confirming = Annotated[Principal, Depends(Requires(Scope.CONFIRM))]
Administering = Annotated[Principal, Depends(Requires(Scope.ADMINISTER))]
Auditing = Annotated[Principal, Depends(Requires(Scope.AUDIT))]


class PageRoute(APIRoute):
    """A route of the page.

    Before the framework reads a form, the visitor is identified and counted, has the scope, and the
    form is small and has the visitor's CSRF token.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()
        required = [
            dependency.call
            for dependency in self.dependant.dependencies
            if isinstance(dependency.call, Requires)
        ]

        async def check_and_handle(request: Request) -> Response:
            visitor = await identify(request)
            for require in required:
                await require(request)
            if request.method == "POST":
                await check_form(request, visitor)
            return await handle(request)

        return check_and_handle


async def check_form(request: Request, visitor: Visitor) -> None:
    """Read a form that this visitor's own page sent. Raises ProblemError for another one.

    Three things have to hold: the browser says that the form comes from this site, or says nothing;
    it has the visitor's CSRF token; and cookies are `SameSite`.
    """
    origin = request.headers.get("origin")
    is_own_origin = origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if not is_own_origin or site not in ("same-origin", "none"):
        raise ProblemError(
            Problem.OTHER_SITE,
            "this form was sent by another site: open the page here, and send it from there.",
        )
    try:
        # The framework takes it from the request, where it is kept.
        form = await request.form(
            max_files=0, max_fields=_MOST_FIELDS, max_part_size=_MOST_PART_BYTES
        )
    except (HTTPException, ValueError):
        raise ProblemError(Problem.BAD_FORM, "the form cannot be read.") from None
    token = form.get("form")
    if not isinstance(token, str) or not same(token, visitor.form_token):
        raise ProblemError(
            Problem.OLD_FORM,
            "this form is from another session: open the page anew, and send it again.",
        )
