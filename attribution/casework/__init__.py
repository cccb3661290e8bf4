"""Casework: what a hotline does, as use cases.

A use case takes a typed command and the store's `Writer`, and returns a result or raises `Refused`.
The command line, the interface and the page parse, call a use case and show. Each name is loaded
when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from attribution.casework.building_list import build_list
    from attribution.casework.checking import (
        AddChecker,
        RetireChecker,
        add_checker,
        note_statement,
        retire_checker,
    )
    from attribution.casework.confirming_accounts import ConfirmAccount, confirm_account
    from attribution.casework.digests import draft_digest
    from attribution.casework.drafting import draft_notices
    from attribution.casework.erasing import EraseReport, erase_report
    from attribution.casework.event_fields import read_event_fields
    from attribution.casework.feedback import AskFeedback, feedback_of
    from attribution.casework.fields import time_of
    from attribution.casework.figure_facts import facts_of
    from attribution.casework.figures import Period, figures_of, flagger_rows
    from attribution.casework.filling_queue import fresh_queue, rebuild_queue, refresh_queue
    from attribution.casework.linking import LinkProviders, link_providers, undo_link
    from attribution.casework.mailboxes import ApproveMailbox, approve_mailbox
    from attribution.casework.notices_due import due_notices, next_notices
    from attribution.casework.notices_sent import (
        RecordDigest,
        RecordNotice,
        record_digest,
        record_notice,
    )
    from attribution.casework.noting import NoteEvent, note_event
    from attribution.casework.packing import PackCases, pack_cases
    from attribution.casework.providers import AddIdentifier, add_identifier
    from attribution.casework.publishing import (
        NoteLetter,
        PublishList,
        WithdrawEntry,
        note_letter,
        publish_list,
        withdraw_entry,
    )
    from attribution.casework.queue import ListCases, list_cases, queue_terms, read_queue
    from attribution.casework.reading_mail import ReadMail, read_mails
    from attribution.casework.rechecking import recheck
    from attribution.casework.replies import ApproveReply, approve_reply
    from attribution.casework.reporting import ReportUrl, report_url
    from attribution.casework.signers import NameSigner, name_signer, new_key
    from attribution.casework.signing_list import sign_list
    from attribution.casework.stamping import StampHead, stamp_head
    from attribution.casework.suggesting import suggest
    from attribution.casework.terms import SetTerms, set_terms
    from attribution.casework.verifying import CheckStore, check_store
    from attribution.casework.vouching import Vouch, WithdrawVouching, vouch, withdraw_vouching
    from attribution.casework.working import (
        AddNote,
        AssignCases,
        CloseCases,
        MarkHandled,
        ReopenCases,
        SetFollowUp,
        TakeBack,
        add_note,
        assign_cases,
        close_cases,
        mark_handled,
        reopen_cases,
        set_follow_up,
        take_back,
    )

__all__ = [
    "AddChecker",
    "AddIdentifier",
    "AddNote",
    "ApproveMailbox",
    "ApproveReply",
    "AskFeedback",
    "AssignCases",
    "CheckStore",
    "CloseCases",
    "ConfirmAccount",
    "EraseReport",
    "LinkProviders",
    "ListCases",
    "MarkHandled",
    "NameSigner",
    "NoteEvent",
    "NoteLetter",
    "PackCases",
    "Period",
    "PublishList",
    "ReadMail",
    "RecordDigest",
    "RecordNotice",
    "ReopenCases",
    "ReportUrl",
    "RetireChecker",
    "SetFollowUp",
    "SetTerms",
    "StampHead",
    "TakeBack",
    "Vouch",
    "WithdrawEntry",
    "WithdrawVouching",
    "add_checker",
    "add_identifier",
    "add_note",
    "approve_mailbox",
    "approve_reply",
    "assign_cases",
    "build_list",
    "check_store",
    "close_cases",
    "confirm_account",
    "draft_digest",
    "draft_notices",
    "due_notices",
    "erase_report",
    "facts_of",
    "feedback_of",
    "figures_of",
    "flagger_rows",
    "fresh_queue",
    "link_providers",
    "list_cases",
    "mark_handled",
    "name_signer",
    "new_key",
    "next_notices",
    "note_event",
    "note_letter",
    "note_statement",
    "pack_cases",
    "publish_list",
    "queue_terms",
    "read_event_fields",
    "read_mails",
    "read_queue",
    "rebuild_queue",
    "recheck",
    "record_digest",
    "record_notice",
    "refresh_queue",
    "reopen_cases",
    "report_url",
    "retire_checker",
    "set_follow_up",
    "set_terms",
    "sign_list",
    "stamp_head",
    "suggest",
    "take_back",
    "time_of",
    "undo_link",
    "vouch",
    "withdraw_entry",
    "withdraw_vouching",
]
_HOMES = {
    "building_list": ("build_list",),
    "checking": ("AddChecker", "RetireChecker", "add_checker", "note_statement", "retire_checker"),
    "confirming_accounts": ("ConfirmAccount", "confirm_account"),
    "digests": ("draft_digest",),
    "drafting": ("draft_notices",),
    "erasing": ("EraseReport", "erase_report"),
    "event_fields": ("read_event_fields",),
    "feedback": ("AskFeedback", "feedback_of"),
    "fields": ("time_of",),
    "figure_facts": ("facts_of",),
    "figures": ("Period", "figures_of", "flagger_rows"),
    "filling_queue": ("fresh_queue", "rebuild_queue", "refresh_queue"),
    "linking": ("LinkProviders", "link_providers", "undo_link"),
    "mailboxes": ("ApproveMailbox", "approve_mailbox"),
    "notices_due": ("due_notices", "next_notices"),
    "notices_sent": ("RecordDigest", "RecordNotice", "record_digest", "record_notice"),
    "noting": ("NoteEvent", "note_event"),
    "packing": ("PackCases", "pack_cases"),
    "providers": ("AddIdentifier", "add_identifier"),
    "publishing": (
        "NoteLetter",
        "PublishList",
        "WithdrawEntry",
        "note_letter",
        "publish_list",
        "withdraw_entry",
    ),
    "queue": ("ListCases", "list_cases", "queue_terms", "read_queue"),
    "reading_mail": ("ReadMail", "read_mails"),
    "rechecking": ("recheck",),
    "replies": ("ApproveReply", "approve_reply"),
    "reporting": ("ReportUrl", "report_url"),
    "signers": ("NameSigner", "name_signer", "new_key"),
    "signing_list": ("sign_list",),
    "stamping": ("StampHead", "stamp_head"),
    "suggesting": ("suggest",),
    "terms": ("SetTerms", "set_terms"),
    "verifying": ("CheckStore", "check_store"),
    "vouching": ("Vouch", "WithdrawVouching", "vouch", "withdraw_vouching"),
    "working": (
        "AddNote",
        "AssignCases",
        "CloseCases",
        "MarkHandled",
        "ReopenCases",
        "SetFollowUp",
        "TakeBack",
        "add_note",
        "assign_cases",
        "close_cases",
        "mark_handled",
        "reopen_cases",
        "set_follow_up",
        "take_back",
    ),
}
"""The use cases and their commands, by module."""


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"attribution.casework.{home}"), name)
    raise AttributeError(f"module 'attribution.casework' has no attribute {name!r}")
