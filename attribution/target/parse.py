"""`parse_target`, and the two forms of a URL that the store keeps."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.codes import DoubtCode
from attribution.errors import InvalidTarget
from attribution.net.addresses import normal, special_purpose
from attribution.target import wrappers
from attribution.target.cleaning import check_length
from attribution.target.defang import defanged
from attribution.target.faults import Fault, quoted
from attribution.target.hosts import read_host
from attribution.target.kinds import HOSTLESS_SCHEMES, special_name
from attribution.target.split import Parts, shown_host, split
from attribution.target.urls import browser_path, canonical, host_in_url

_DEEPEST_WRAPPING = 8
"""How many wrappers around one URL are taken off to suggest what stands inside."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a report points at. `host` is lower-case ASCII (A-labels) or a canonical IP address."""

    input: str
    host: str
    """Of an IPv6 address that carries an IPv4 one: the IPv4 address."""
    address: str | None = None
    """The address that the host literally is; None for a name."""
    not_attributable: str | None = None
    """Why no company can be found for this kind of host; None when it can be looked up."""
    code: DoubtCode | None = None
    """With `not_attributable`: SPECIAL_NAME, SPECIAL_ADDRESS or NO_HOST."""


def parse_target(text: str, *, documentation_is_special: bool = True) -> Target:
    """Read a reported URL, host name or address.

    Raises InvalidTarget, and nothing else, when the text is none of them (`code` is
    `invalid_input`), or when it is a redirect of a mail filter or platform (`wrapped_url`, with the
    wrapped URL as `suggestion`). The same target always gives the same host, however it is spelled.
    Sources: WHATWG URL, UTS 46, RFC 3986, RFC 6761.
    """
    return _read(text, documentation_is_special)[0]


def plain_url(text: str) -> tuple[str, str]:
    """Return (the URL as a browser would ask for it, its canonical form). Raises InvalidTarget."""
    target, parts = _read(text, documentation_is_special=True)
    if parts.hostless:
        whole = f"{parts.scheme}:{parts.rest}"
        return whole, whole
    return _written(parts, target.host), canonical(target.host, browser_path(parts.rest))


def canonical_url(text: str) -> str:
    """Return the one form of a URL that is hashed: `www.site.example/page`. Raises InvalidTarget.

    Every spelling of a page has the same: scheme, port, credentials and fragment are left out, and
    a defanged URL gives what the plain one gives. The canonical form of a canonical form is itself.
    """
    return plain_url(text)[1]


def explained(error: InvalidTarget) -> str:
    """Return the message with the suggested URL, defanged, for whoever gave the target.

    It may hold a path: it belongs into the answer and never into a log.
    """
    if error.suggestion is None:
        return str(error)
    sentence_without_stop = str(error)[:-1]
    return f"{sentence_without_stop}: {defanged(error.suggestion)}"


def _read(text: str, documentation_is_special: bool) -> tuple[Target, Parts]:
    if not isinstance(text, str):
        raise InvalidTarget(type(text).__name__, "it is not text")
    try:
        check_length(text)
    except Fault as fault:
        raise InvalidTarget("...", str(fault)) from None
    try:
        parts = split(text)
        if parts.hostless:
            return _hostless(text, parts), parts
        target = _target(text, parts.host, documentation_is_special)
    except Fault as fault:
        raise InvalidTarget(shown_host(text), str(fault)) from None
    wrapped = _unwrap(target.host, parts)
    if wrapped is not None:
        raise _wrapped(target.host, wrapped)
    return target, parts


def _hostless(text: str, parts: Parts) -> Target:
    reason = HOSTLESS_SCHEMES[parts.scheme or ""]
    return Target(text, f"{parts.scheme}:", None, reason, DoubtCode.NO_HOST)


def _target(text: str, written: str, documentation_is_special: bool) -> Target:
    host = read_host(written)
    if isinstance(host, str):
        reason = special_name(host)
        if reason:
            return Target(text, host, None, reason, DoubtCode.SPECIAL_NAME)
        if "." not in host:
            raise Fault(f"the name {quoted(host)} has no dot, so it is no name on the Internet")
        return Target(text, host)
    address = normal(host)
    special = special_purpose(address, documentation_is_special=documentation_is_special)
    if special:
        reason = f"the address is special: {special}"
        return Target(text, str(address), str(address), reason, DoubtCode.SPECIAL_ADDRESS)
    return Target(text, str(address), str(address))


def _written(parts: Parts, host: str) -> str:
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme or 'http'}://{host_in_url(host)}{port}{browser_path(parts.rest)}"


def _unwrap(host: str, parts: Parts) -> wrappers.Wrapped | None:
    """Read a wrapper out of the canonical form, so that every spelling of it is one."""
    if not wrappers.may_wrap(host):
        return None
    return wrappers.unwrap(host, canonical(host, browser_path(parts.rest))[len(host) :])


def _wrapped(host: str, wrapped: wrappers.Wrapped) -> InvalidTarget:
    """Return the error for a wrapper, with the URL inside where there is one that can be read."""
    innermost = _innermost(wrapped.inner)
    if innermost is None:
        fault = f"it is a redirect ({wrapped.by}), and no URL can be read out of it"
        return InvalidTarget(host, fault, code=DoubtCode.WRAPPED_URL)
    inside, suggestion = innermost
    fault = f"it is a redirect ({wrapped.by}) to a URL at {defanged(inside)}"
    return InvalidTarget(host, fault, code=DoubtCode.WRAPPED_URL, suggestion=suggestion)


def _innermost(text: str | None) -> tuple[str, str] | None:
    """Return (host, URL) of what stands inside wrappers; None where that is no readable URL."""
    for _ in range(_DEEPEST_WRAPPING):
        if text is None:
            return None
        try:
            check_length(text)
            parts = split(text)
            if parts.hostless:
                return None
            host = _target(text, parts.host, documentation_is_special=True).host
        except Fault:
            return None
        wrapped = _unwrap(host, parts)
        if wrapped is None:
            return host, _written(parts, host)
        text = wrapped.inner
    return None
