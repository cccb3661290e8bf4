"""The house itself: one's own account, and for administrators accounts, keys, the audit trail; and
how the registries are.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from attribution.casework.confirming_accounts import (
    ConfirmAccount,
    confirm_account,
    waiting_accounts,
)
from attribution.casework.published_list import check_may_sign, named_signers
from attribution.codes import Refusal
from attribution.errors import Refused, StoreError
from attribution.lookup.budgets.health import registry_rows
from attribution.store.audit import audit_lines
from attribution.store.log import Writer
from attribution.web.access.accounts import add_account, all_accounts, change_account
from attribution.web.access.api_keys import all_keys, disable_key, make_key
from attribution.web.access.passwords import fits
from attribution.web.access.roles import KEY_SCOPES, ROLES, Principal
from attribution.web.access.signing import fingerprint, make_signing_key
from attribution.web.access.tickets import set_up_ticket
from attribution.web.http.problems import ProblemError
from attribution.web.pages.rendering import page
from attribution.web.pages.visitors import (
    Admin,
    Auditor,
    Confirmer,
    Form,
    KnownVisitor,
    Looker,
    Signer,
)
from attribution.web.service import Service

router = APIRouter()
_AUDITED = 100


@router.get("/registries")
def registries(request: Request, principal: Looker) -> Response:
    """Show how each registry is asked, and how it answers."""
    service: Service = request.app.state.service
    return page(request, "registries.html.j2", rows=registry_rows(service.settings.cache_path))


@router.get("/audit")
def audit(
    request: Request,
    principal: Auditor,
    before: Annotated[int | None, Query(ge=1, le=10**15)] = None,
    who: Annotated[str, Query(max_length=320)] = "",
    case: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Show who looked at what, and who did what, the newest first."""
    service: Service = request.app.state.service
    lines = service.read(
        lambda connection: audit_lines(
            connection,
            before=before,
            who=who.strip() or None,
            case=case.strip() or None,
            limit=_AUDITED,
        )
    )
    return page(
        request,
        "audit.html.j2",
        lines=lines,
        who=who,
        case=case,
        more=lines[-1].seq if len(lines) == _AUDITED else None,
    )


@router.get("/account")
def account(request: Request, principal: Looker) -> Response:
    """Show one's own account."""
    return _own(request, principal)


@router.post("/account")
async def makes_key(
    request: Request, principal: Signer, visitor: KnownVisitor, form: Form
) -> Response:
    """Make one's signing key. One's password is asked for again, where one has one: a session alone
    does not name a signer.
    """
    service: Service = request.app.state.service
    session = visitor.session
    assert session is not None

    def work() -> None:
        if session.account.password is not None and not fits(
            form.get("password", ""), session.account.password
        ):
            raise Refused(Refusal.INVALID, "password", "…", "this is not yours")
        if form.get("passphrase") != form.get("again"):
            raise Refused(Refusal.INVALID, "passphrase", "…", "the two differ; repeat it exactly")
        with service.store.write(principal.who) as writer:
            make_signing_key(writer, session.account, form.get("passphrase", ""))

    try:
        await service.slowly(work)
    except StoreError as fault:
        return await run_in_threadpool(_own, request, principal, str(fault))
    return RedirectResponse("/account", 303)


@router.get("/confirmations")
def confirmations(request: Request, principal: Confirmer) -> Response:
    """Show the accounts whose keys wait until a second person confirms who set them up."""
    return _confirmations(request)


@router.post("/confirmations")
async def confirms(request: Request, principal: Confirmer, form: Form) -> Response:
    """Confirm that a person set the own account up. That is noted, and by whom."""
    service: Service = request.app.state.service
    covers = form.get("covers", "")
    if not (covers.isascii() and covers.isdigit() and len(covers) < 19):
        raise ProblemError(422, "not-understood", "covers: a number is needed.")
    command = ConfirmAccount(
        form.get("mailbox", ""), principal.who, form.get("why", ""), covers=int(covers)
    )

    def work() -> None:
        with service.store.write(principal.who) as writer:
            confirm_account(writer, command)

    try:
        await run_in_threadpool(work)
    except StoreError as fault:
        return await run_in_threadpool(_confirmations, request, str(fault))
    return RedirectResponse("/confirmations", 303)


@router.get("/accounts")
def accounts(request: Request, principal: Admin) -> Response:
    """Show who may come in."""
    return _accounts(request)


@router.post("/accounts")
async def changes_accounts(request: Request, principal: Admin, form: Form) -> Response:
    """Add an account, give it another role, disable it, or make a link to set it up anew; each ends
    its sessions.
    """
    service: Service = request.app.state.service
    link = ""

    def work(writer: Writer) -> str:
        do = form.get("do", "")
        if do == "add":
            made = add_account(
                writer,
                form.get("mailbox", ""),
                form.get("name", ""),
                form.get("role", ""),
                form.get("language", "en"),
            )
            return set_up_ticket(writer, made.id)
        identity = form.get("account", "")
        if not (identity.isascii() and identity.isdigit() and len(identity) < 10):
            raise ProblemError(422, "not-understood", "account: a number is needed.")
        match do:
            case "role":
                change_account(writer, int(identity), "role", role=form.get("role", ""))
            case "disable":
                change_account(writer, int(identity), "disabled", disabled_at=writer.now)
            case "enable":
                change_account(writer, int(identity), "enabled", disabled_at=None)
            case "link":
                return set_up_ticket(writer, int(identity))
            case _:
                raise ProblemError(
                    422, "not-understood", "do: use add, role, disable, enable or link."
                )
        return ""

    def whole() -> str:
        with service.store.write(principal.who) as writer:
            return work(writer)

    try:
        link = await run_in_threadpool(whole)
    except StoreError as fault:
        return await run_in_threadpool(_accounts, request, fault=str(fault))
    if link:
        return await run_in_threadpool(_accounts, request, link=link)
    return RedirectResponse("/accounts", 303)


@router.get("/keys")
def keys(request: Request, principal: Admin) -> Response:
    """Show the keys of programs, without their secrets."""
    return _keys(request)


@router.post("/keys")
async def changes_keys(request: Request, principal: Admin, form: Form) -> Response:
    """Make a key, which is shown once, or disable one."""
    service: Service = request.app.state.service

    def work() -> str:
        with service.store.write(principal.who) as writer:
            match form.get("do", ""):
                case "make":
                    return make_key(
                        writer,
                        form.get("name", ""),
                        [one for one in KEY_SCOPES if form.get(f"scope-{one}")],
                    )
                case "disable":
                    disable_key(writer, form.get("name", ""))
                    return ""
                case _:
                    raise ProblemError(422, "not-understood", "do: use make or disable.")

    try:
        made = await run_in_threadpool(work)
    except StoreError as fault:
        return await run_in_threadpool(_keys, request, fault=str(fault))
    return (
        await run_in_threadpool(_keys, request, made=made)
        if made
        else RedirectResponse("/keys", 303)
    )


def _own(request: Request, principal: Principal, fault: str = "") -> Response:
    service: Service = request.app.state.service
    waits = ""
    with service.store.read() as connection:
        for key, signer in named_signers(connection).items():
            if signer["mailbox"] == principal.who:
                try:
                    check_may_sign(connection, key)
                except Refused:
                    waits = fingerprint(key)
    return page(request, "account.html.j2", 422 if fault else 200, fault=fault, waits=waits)


def _confirmations(request: Request, fault: str = "") -> Response:
    service: Service = request.app.state.service
    waiting = [
        (account, fingerprint(account.public_key) if account.public_key else "")
        for account in service.read(waiting_accounts)
    ]
    return page(
        request, "confirmations.html.j2", 422 if fault else 200, waiting=waiting, fault=fault
    )


def _accounts(request: Request, *, fault: str = "", link: str = "") -> Response:
    service: Service = request.app.state.service
    here = (service.settings.public_url or str(request.base_url)).rstrip("/")
    values: dict[str, Any] = {
        "accounts": service.read(all_accounts),
        "roles": list(ROLES),
        "fault": fault,
    }
    return page(
        request,
        "accounts.html.j2",
        422 if fault else 200,
        link=f"{here}/set-up/{link}" if link else "",
        **values,
    )


def _keys(request: Request, *, fault: str = "", made: str = "") -> Response:
    service: Service = request.app.state.service
    return page(
        request,
        "keys.html.j2",
        422 if fault else 200,
        keys=service.read(all_keys),
        scopes=KEY_SCOPES,
        made=made,
        fault=fault,
    )
