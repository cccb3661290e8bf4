"""A reported URL, host name or address -> what to look up, or why there is nothing. Pure.

Reports hold what people paste: defanged links, missing schemes, odd address forms. The host is read
as a browser reads it (WHATWG URL, UTS 46), because a browser is where the reporter saw it.

The way of a text: `cleaning` (what stands around it) -> `split` (scheme, authority, rest; refanged
by `defang`) -> `hosts` (an address or a name) -> `parse` (with `kinds`, `wrappers`) -> `Target`.
`urls` writes a URL again, and in the one form that is hashed.
"""

from attribution.target.defang import defanged
from attribution.target.parse import Target, canonical_url, explained, parse_target, plain_url
from attribution.target.wrappers import may_wrap

__all__ = [
    "Target",
    "canonical_url",
    "defanged",
    "explained",
    "may_wrap",
    "parse_target",
    "plain_url",
]
