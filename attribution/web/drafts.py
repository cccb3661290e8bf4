"""Drafts of a case's notices, for the page and for programs."""

from __future__ import annotations

from collections.abc import Iterable

from attribution.casework.drafting import Draft, draft_notices
from attribution.errors import NotInStoreError
from attribution.store import Writer
from attribution.store.audit import note_view
from attribution.web.lookups.batches import targets_of_reports
from attribution.web.service import Service


def drafts_of_case(
    service: Service, writer: Writer, case: str, language: str | None, urls: Iterable[str]
) -> list[Draft]:
    """Write the notices of a case to each party in the order to write, and note that.

    `urls` are the reported URLs, for a store that keeps only what recognises them; those of recent
    lookups are known. Raises NotInStoreError where no URL is online, and Refused.
    """
    reader = writer.connection
    note_view(writer, case, "draft")
    notices = service.due(reader, case)
    if not notices:
        raise NotInStoreError(
            f"case {case!r} has no URL that is online still: there is nothing to write about."
        )
    looked_up = targets_of_reports(service.store, reader, notices[0].reports)
    sender = service.sender(language or None)
    return draft_notices(reader, service.store.keys, notices[0], sender, [*urls, *looked_up])
