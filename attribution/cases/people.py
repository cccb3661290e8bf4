"""Who is one person: a mailbox has many spellings, and two accounts with one mailbox are one person. Pure."""

from __future__ import annotations

from attribution.errors import StoreError
from attribution.registry.mailbox import read_mailboxes


def person_of(mailbox: str) -> str:
    """Return the one form of every spelling of a mailbox: lower case, A-labels, and without what stands after a `+`. Raises StoreError."""
    plain = mailbox.strip().casefold()
    found = read_mailboxes(plain)
    local, _, domain = found[0].rpartition("@") if found else ("", "", "")
    if len(found) != 1 or plain.rpartition("@")[0] != local:
        raise StoreError(f"mailbox {mailbox!r} is no mail address.")
    return f"{local.partition('+')[0] or local}@{domain}"
