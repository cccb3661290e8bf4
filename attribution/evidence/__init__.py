"""What was asked, of whom, and what came back, byte for byte; and bundles of it in a hash chain."""

from attribution.evidence.bundle import FORMAT, Evidence, canonical
from attribution.evidence.folder import CHAIN_FILE, EvidenceFolder, Verification, verify_folder
from attribution.evidence.question import Page, Question
from attribution.evidence.record import UNANSWERED, Kind, Outcome, Record

__all__ = [
    "CHAIN_FILE",
    "FORMAT",
    "UNANSWERED",
    "Evidence",
    "EvidenceFolder",
    "Kind",
    "Outcome",
    "Page",
    "Question",
    "Record",
    "Verification",
    "canonical",
    "verify_folder",
]
