"""Mail that comes back after a notice: read, told apart, matched. Pure but for `read_mails`.

    reading = read_mail(raw)
    reading.kind, reading.evidence, reading.tokens, reading.recipients

Nothing that a mail system writes is ever an answer. Attachments are neither opened nor kept: a
reply can carry the material itself.
"""

from attribution.mail.boxes import read_mails
from attribution.mail.delivery import Action, Recipient
from attribution.mail.kinds import Evidence, Kind
from attribution.mail.origin import Method, Pass, Relay, speaks_for
from attribution.mail.parts import Bound
from attribution.mail.reading import Reading, read_mail

__all__ = [
    "Action",
    "Bound",
    "Evidence",
    "Kind",
    "Method",
    "Pass",
    "Reading",
    "Recipient",
    "Relay",
    "read_mail",
    "read_mails",
    "speaks_for",
]
