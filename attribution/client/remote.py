"""Client of a service: the interface of the `Attributor` of this machine, and the service's own.

    async with RemoteAttributor("https://attribution.hotline.example/", key) as attributor:
        answer = await attributor.attribute("hxxps://www[.]site.example/x")

A tool that takes an `AttributionSource` works with either.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self, TypeVar

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import to_json

from attribution.attributor import Investigation
from attribution.client.models import (
    Assessed,
    AuditItem,
    Batch,
    BatchResult,
    Case,
    CaseItem,
    Contested,
    DraftItem,
    DueItem,
    Noted,
    NoticeNoted,
    Page,
    Problem,
    ProviderDetail,
    ProviderItem,
    RecheckedItem,
    RegistryItem,
    ReportAdded,
)
from attribution.errors import AttributionError, SettingsError
from attribution.evidence import Evidence, Record
from attribution.lookup.concurrency.completion import in_order_of_completion
from attribution.lookup.protocols.origin import DisclosedOrigin
from attribution.models import Attribution, is_text

_Answer = TypeVar("_Answer")
_Item = TypeVar("_Item", bound=BaseModel)
_LATER = (429, 503)
_JOBS = 16


class AttributionSource(Protocol):
    """The `Attributor` of this machine, or a `RemoteAttributor`."""

    async def attribute(self, target: str) -> Attribution:
        """Answer for one URL, host name or address."""

    def attribute_many(
        self, targets: Iterable[str] | AsyncIterable[str], *, jobs: int | None = None
    ) -> AsyncGenerator[Attribution, None]:
        """Answer for many, `jobs` at a time, in the order of completion."""

    async def investigate(
        self,
        target: str,
        *,
        origins: Iterable[DisclosedOrigin] = (),
        heard: Callable[[Record], None] | None = None,
    ) -> Investigation:
        """Answer for one target, with the rules applied and the evidence."""

    async def close(self) -> None:
        """Close every connection."""


class ServiceError(AttributionError):
    """The service did not answer, or refused; the message says why."""

    def __init__(self, message: str, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.problem = problem
        """The service's own explanation (RFC 9457), where it gave one."""


class RemoteAttributor:
    """Asks a service with a key. One serves many tasks of one event loop. Use as `async with`.

    `timeout` is in seconds, for one request; `patience` is in seconds too, for all waits of one
    request while the service asks to come back later. `once` of a method is an idempotency key: a
    request sent again with it within a day is carried out once. Raises SettingsError for an address
    or key that cannot be one, and ServiceError where the service does not answer or refuses.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 120.0,
        patience: float = 60.0,
        verify: Any = True,
    ) -> None:
        if not (key.isascii() and key.isprintable() and key) or " " in key:
            raise SettingsError(
                "the service's key has characters that no key has: give it as `attribution "
                "api-key make` printed it, without spaces."
            )
        if not url.startswith(("http://", "https://")):
            raise SettingsError(
                f"the service's address {url!r} is no http or https URL: give one such as "
                "https://attribution.hotline.example/"
            )
        self._patience = patience
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/") + "/api/v1/",
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout,
            verify=verify,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def attribute(self, target: str) -> Attribution:
        """Answer for one URL, host name or address."""
        if not is_text(target):  # the service takes no such request
            return Attribution.of_no_text(target, datetime.now(UTC).replace(microsecond=0))
        return _read(Attribution, await self._post("attributions", {"target": target}))

    async def attribute_many(
        self, targets: Iterable[str] | AsyncIterable[str], *, jobs: int | None = None
    ) -> AsyncGenerator[Attribution, None]:
        """Answer for many, `jobs` at a time, in the order of completion."""
        async with aclosing(
            in_order_of_completion(targets, jobs or _JOBS, self.attribute)
        ) as answers:
            async for answer in answers:
                yield answer

    async def investigate(
        self,
        target: str,
        *,
        origins: Iterable[DisclosedOrigin] = (),
        heard: Callable[[Record], None] | None = None,
    ) -> Investigation:
        """Answer for one target, with the rules applied and the evidence.

        The answer is decided here, from the bundle that the service sends. `heard` is called with
        each record when the bundle is there.
        """
        disclosed = [
            {"address": origin.address, "source": origin.source, "told_at": origin.disclosed_at}
            for origin in origins
        ]
        evidence = Evidence.from_bytes(
            await self._post("evidence", {"target": target, "origins": disclosed})
        )
        if heard:
            for record in evidence.records:
                heard(record)
        return Investigation.of(evidence)

    async def submit(self, targets: Sequence[str], *, once: str | None = None) -> Batch:
        """Have a list looked up in the background."""
        return _read(Batch, await self._post("batches", {"targets": list(targets)}, once))

    async def batch(self, batch: str) -> Batch:
        """Return the progress of a batch."""
        return _read(Batch, await self._get(f"batches/{batch}"))

    def batches(self) -> AsyncIterator[Batch]:
        """Yield the batches of this key, the newest first."""
        return self._items(Batch, "batches")

    async def watch(self, batch: str) -> AsyncGenerator[Batch, None]:
        """Yield a batch as it goes on, until it has ended; a broken stream is opened again."""
        waited = 0.0
        while True:
            try:
                async with self._http.stream(
                    "GET", f"batches/{batch}/events", timeout=httpx.Timeout(60.0)
                ) as stream:
                    if stream.status_code != 200:
                        await stream.aread()
                        _refuse(stream)
                    async for line in stream.aiter_lines():
                        if line.startswith("data: "):
                            waited = 0.0
                            batch_now = _read(Batch, line.removeprefix("data: "))
                            yield batch_now
                            if batch_now.state != "running":
                                return
            except httpx.HTTPError as error:
                if waited >= self._patience:
                    raise _no_answer(error) from None
            waited += 1.0
            await asyncio.sleep(1.0)

    def results(self, batch: str) -> AsyncIterator[BatchResult]:
        """Yield a batch's answers in the order of its targets; of a running one, those so far."""
        return self._items(BatchResult, f"batches/{batch}/results", once_empty=True)

    async def stop(self, batch: str) -> Batch:
        """Stop a batch; what was found is kept."""
        return _read(Batch, await self._post(f"batches/{batch}/stop", None))

    async def resume(self, batch: str) -> Batch:
        """Go on with a stopped batch."""
        return _read(Batch, await self._post(f"batches/{batch}/resume", None))

    async def report(
        self, url: str, *, reported_at: datetime | None = None, once: str | None = None
    ) -> ReportAdded:
        """Have a reported URL looked up and kept."""
        body = {"url": url, "reported_at": reported_at}
        return _read(ReportAdded, await self._post("reports", body, once))

    async def evidence(self, report: str) -> bytes:
        """Return the evidence bundle of a report."""
        return await self._get(f"reports/{report}/evidence")

    def cases(self, *, provider: str | None = None) -> AsyncIterator[CaseItem]:
        """Yield cases, the latest first."""
        return self._items(CaseItem, "cases", provider=provider)

    async def case(self, case: str) -> Case:
        """Return a case with everything that happened."""
        return _read(Case, await self._get(f"cases/{case}"))

    async def note(  # noqa: PLR0913 - the fields of an event, each by its name
        self,
        case: str,
        kind: str,
        *,
        at: datetime | None = None,
        report: str | None = None,
        note: str | None = None,
        fields: Mapping[str, Any] | None = None,
        once: str | None = None,
    ) -> Noted:
        """Note that something happened to a case; `fields` is what else is known of it, e.g.
        `served_by` and `compared` of a check (docs/guides/report-and-notify.md).
        """
        body = {
            **(fields or {}),
            "kind": kind,
            "at": at,
            "report": report,
            "note": note,
        }
        return _read(Noted, await self._post(f"cases/{case}/events", body, once))

    async def note_of_provider(
        self,
        provider: str,
        kind: str,
        *,
        at: datetime | None = None,
        fields: Mapping[str, Any] | None = None,
        once: str | None = None,
    ) -> Noted:
        """Note an event of a provider as a whole, e.g. `contact_confirmed`."""
        body = {**(fields or {}), "kind": kind, "at": at}
        return _read(Noted, await self._post(f"events/{provider}", body, once))

    async def note_check(self, statement: Mapping[str, Any]) -> Noted:
        """Note a check that a registered checker signed; a statement sent twice is noted once."""
        return _read(Noted, await self._post("checks", dict(statement)))

    async def note_notice(
        self,
        case: str,
        to: str,
        *,
        at: datetime | None = None,
        message_id: str | None = None,
        once: str | None = None,
    ) -> NoticeNoted:
        """Note that a notice was sent."""
        body = {"to": to, "at": at, "message_id": message_id}
        return _read(NoticeNoted, await self._post(f"cases/{case}/notices", body, once))

    async def due(self) -> list[DueItem]:
        """Return the notices and reminders that are due."""
        return _read(list[DueItem], await self._get("notices/due"))

    async def drafts(
        self, case: str, *, language: str | None = None, urls: Sequence[str] = ()
    ) -> list[DraftItem]:
        """Return the notices of a case to each party."""
        return _read(
            list[DraftItem],
            await self._post(f"drafts/{case}", {"language": language, "urls": list(urls)}),
        )

    async def recheck(self, case: str) -> list[RecheckedItem]:
        """Have a case's open reports looked up anew."""
        return _read(list[RecheckedItem], await self._post(f"cases/{case}/recheck", None))

    def providers(self) -> AsyncIterator[ProviderItem]:
        """Yield providers by key."""
        return self._items(ProviderItem, "providers")

    async def provider(self, provider: str) -> ProviderDetail:
        """Return what is known of a provider."""
        return _read(ProviderDetail, await self._get(f"providers/{provider}"))

    async def approve(
        self, provider: str, mailbox: str, why: str, *, once: str | None = None
    ) -> Noted:
        """Note that a person verified a mailbox and approves it."""
        return _read(
            Noted, await self._post(f"approvals/{provider}", {"mailbox": mailbox, "why": why}, once)
        )

    async def assessments(self, *, at: date | None = None) -> list[Assessed]:
        """Return the assessment of each provider, as of a day's beginning."""
        return _read(list[Assessed], await self._get("assessments", at=at))

    async def assessment(self, provider: str, *, at: date | None = None) -> Assessed:
        """Return the assessment of one provider."""
        return _read(
            Assessed,
            await self._get(f"assessments/{provider}", at=at),
        )

    async def dossier(self, provider: str, *, at: date | None = None) -> dict[str, bytes]:
        """Return a dossier's files by name."""
        raw = await self._get(f"dossiers/{provider}", at=at)
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    async def contest(self, provider: str, without: Sequence[str]) -> Contested:
        """Decide again without some cases."""
        return _read(
            Contested,
            await self._post("contests", {"provider": provider, "without": list(without)}),
        )

    async def registries(self) -> list[RegistryItem]:
        """Return the rate limits of each registry, and how it answers."""
        return _read(list[RegistryItem], await self._get("registries"))

    def audit(self, *, who: str | None = None) -> AsyncIterator[AuditItem]:
        """Yield the log, the newest first."""
        return self._items(AuditItem, "audit", who=who)

    async def _items(
        self, kind: type[_Item], path: str, *, once_empty: bool = False, **query: str | None
    ) -> AsyncGenerator[_Item, None]:
        """Yield the items of a list, page by page; `once_empty`: until a page is empty."""
        cursor: str | None = None
        while True:
            page = _read(Page[kind], await self._get(path, cursor=cursor, **query))  # type: ignore[valid-type]
            for item in page.items:
                yield item
            cursor = page.next
            if cursor is None or (once_empty and not page.items):
                return

    async def _get(self, path: str, **query: date | str | None) -> bytes:
        parameters = {name: str(value) for name, value in query.items() if value is not None}
        return await self._send(self._http.build_request("GET", path, params=parameters))

    async def _post(self, path: str, body: Any, once: str | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        if once is not None:
            headers["Idempotency-Key"] = once
        content = to_json(body)
        return await self._send(
            self._http.build_request("POST", path, content=content, headers=headers)
        )

    async def _send(self, request: httpx.Request) -> bytes:
        waited = 0.0
        while True:
            try:
                response = await self._http.send(request)
            except httpx.HTTPError as error:
                raise _no_answer(error) from None
            if response.is_success:
                return response.content
            wait = _seconds(response.headers.get("retry-after"))
            if response.status_code not in _LATER or waited + wait > self._patience:
                _refuse(response)
            waited += wait
            await asyncio.sleep(wait)


def _no_answer(error: httpx.HTTPError) -> ServiceError:
    return ServiceError(f"the service does not answer: {type(error).__name__}.")


def _refuse(response: httpx.Response) -> NoReturn:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        raise ServiceError(
            f"the service answered HTTP {response.status_code} without an explanation."
        ) from None
    raise ServiceError(f"{problem.title}: {problem.detail}", problem)


def _read(kind: type[_Answer], raw: bytes | str) -> _Answer:
    try:
        return TypeAdapter(kind).validate_json(raw)
    except ValidationError as error:
        raise ServiceError(
            f"the service's answer is no {error.title}: {error.error_count()} faults. "
            "Is it another version?"
        ) from None


def _seconds(text: str | None) -> float:
    return min(float(text), 300.0) if text and text.isascii() and text.isdigit() else 1.0
