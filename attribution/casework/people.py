"""Who is one person: two accounts with one mailbox in two spellings are one person. Pure."""

from __future__ import annotations

from attribution.codes import Refusal
from attribution.errors import Refused
from attribution.registry.mailbox import read_mailboxes


def person_of(mailbox: str) -> str:
    """Return the one form of every spelling of a mailbox.

    Lower case, A-labels, and without what stands after a `+`: so that no second account comes of a
    spelling. Who signs in by an identity provider is compared exactly: see `exact_mailbox`. Raises
    Refused for what is no mailbox, and for letters outside of ASCII before the `@`.
    """
    plain = mailbox.strip()
    local, _, _ = plain.rpartition("@")
    folded = plain.casefold()
    boxes = read_mailboxes(folded) if local.isascii() else []
    name, _, domain = boxes[0].rpartition("@") if boxes else ("", "", "")
    if len(boxes) != 1 or folded.rpartition("@")[0] != name:
        raise Refused(
            Refusal.INVALID,
            "mailbox",
            mailbox[:200],
            "this is no mail address; give one such as ann@hotline.example, in ASCII before the @",
        )
    return f"{name.partition('+')[0] or name}@{domain}"


def exact_mailbox(mailbox: object) -> str | None:
    """Return a mailbox for exact comparison: the domain in lower case, the rest as it is given.

    None for anything but one well formed mailbox in ASCII: no letter is folded into another, so
    `\u017figner@` and `signer+x@` are not `signer@`.
    """
    if not isinstance(mailbox, str) or not mailbox.isascii():
        return None
    local, _, domain = mailbox.rpartition("@")
    exact = f"{local}@{domain.lower()}"
    return exact if read_mailboxes(mailbox) == [exact] else None
