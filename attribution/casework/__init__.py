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
    from attribution.casework.drafting import draft_notices
    from attribution.casework.erasing import EraseReport, erase_report
    from attribution.casework.event_fields import read_event_fields
    from attribution.casework.feedback import AskFeedback, feedback_of
    from attribution.casework.fields import time_of
    from attribution.casework.figure_facts import facts_of
    from attribution.casework.figures import Period, figures_of, flagger_rows
    from attribution.casework.linking import LinkProviders, link_providers, undo_link
    from attribution.casework.mailboxes import ApproveMailbox, approve_mailbox
    from attribution.casework.notices_due import due_notices
    from attribution.casework.notices_sent import RecordNotice, record_notice
    from attribution.casework.noting import CorrectEvent, NoteEvent, correct_event, note_event
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

__all__ = [
    "AddChecker",
    "AddIdentifier",
    "ApproveMailbox",
    "ApproveReply",
    "AskFeedback",
    "CheckStore",
    "ConfirmAccount",
    "CorrectEvent",
    "EraseReport",
    "LinkProviders",
    "NameSigner",
    "NoteEvent",
    "NoteLetter",
    "PackCases",
    "Period",
    "PublishList",
    "ReadMail",
    "RecordNotice",
    "ReportUrl",
    "RetireChecker",
    "SetTerms",
    "StampHead",
    "Vouch",
    "WithdrawEntry",
    "WithdrawVouching",
    "add_checker",
    "add_identifier",
    "approve_mailbox",
    "approve_reply",
    "build_list",
    "check_store",
    "confirm_account",
    "correct_event",
    "draft_notices",
    "due_notices",
    "erase_report",
    "facts_of",
    "feedback_of",
    "figures_of",
    "flagger_rows",
    "link_providers",
    "name_signer",
    "new_key",
    "note_event",
    "note_letter",
    "note_statement",
    "pack_cases",
    "publish_list",
    "read_event_fields",
    "read_mails",
    "recheck",
    "record_notice",
    "report_url",
    "retire_checker",
    "set_terms",
    "sign_list",
    "stamp_head",
    "suggest",
    "time_of",
    "undo_link",
    "vouch",
    "withdraw_entry",
    "withdraw_vouching",
]
_HOMES = {
    "building_list": ("build_list",),
    "checking": (
        "AddChecker",
        "RetireChecker",
        "add_checker",
        "note_statement",
        "retire_checker",
    ),
    "confirming_accounts": ("ConfirmAccount", "confirm_account"),
    "drafting": ("draft_notices",),
    "erasing": ("EraseReport", "erase_report"),
    "event_fields": ("read_event_fields",),
    "feedback": ("AskFeedback", "feedback_of"),
    "fields": ("time_of",),
    "figure_facts": ("facts_of",),
    "figures": ("Period", "figures_of", "flagger_rows"),
    "linking": ("LinkProviders", "link_providers", "undo_link"),
    "mailboxes": ("ApproveMailbox", "approve_mailbox"),
    "notices_due": ("due_notices",),
    "notices_sent": ("RecordNotice", "record_notice"),
    "noting": ("CorrectEvent", "NoteEvent", "correct_event", "note_event"),
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
}
"""The use cases and their commands, by module."""


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"attribution.casework.{home}"), name)
    raise AttributeError(f"module 'attribution.casework' has no attribute {name!r}")
