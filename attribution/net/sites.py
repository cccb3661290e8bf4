"""Which site a host is: what one notice is about. Pure."""

from __future__ import annotations

from attribution.net.addresses import is_address
from attribution.net.domains import domain_of


def site_of(host: str) -> str:
    """Return the registrable domain, or the customer's page under a platform's suffix; an address
    is its own site.
    """
    if is_address(host):
        return host
    domain = domain_of(host)
    if domain.platform_suffix and host != domain.platform_suffix:
        below = host.removesuffix("." + domain.platform_suffix)
        return f"{below.rpartition('.')[2]}.{domain.platform_suffix}"
    return domain.registrable or host
