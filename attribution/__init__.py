"""From a reported URL to the company that can take it down and its abuse mailbox.

    >>> import attribution
    >>> answer = attribution.attribute("hxxps://www[.]site.example/x")  # doctest: +SKIP
    >>> print(answer.model_dump_json(indent=2))  # doctest: +SKIP

Importing this package loads no network library; each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from attribution._version import __version__

if TYPE_CHECKING:
    from attribution.attributor import Attributor, Investigation, attribute
    from attribution.client.remote import AttributionSource, RemoteAttributor, ServiceError
    from attribution.decide.answer import Decision
    from attribution.decide.draft import Step
    from attribution.errors import AttributionError, EvidenceError, InvalidTarget, SettingsError
    from attribution.evidence import Evidence, EvidenceFolder, verify_folder
    from attribution.lookup.protocols.origin import (
        DisclosedOrigin,
        OriginRefused,
        OriginSource,
        ReverseProxy,
    )
    from attribution.models import AbuseContact, AddressAnswer, Attribution, Party, Provider
    from attribution.settings import Settings, load_settings
    from attribution.target import Target, parse_target

__all__ = [
    "AbuseContact",
    "AddressAnswer",
    "Attribution",
    "AttributionError",
    "AttributionSource",
    "Attributor",
    "Decision",
    "DisclosedOrigin",
    "Evidence",
    "EvidenceError",
    "EvidenceFolder",
    "InvalidTarget",
    "Investigation",
    "OriginRefused",
    "OriginSource",
    "Party",
    "Provider",
    "RemoteAttributor",
    "ReverseProxy",
    "ServiceError",
    "Settings",
    "SettingsError",
    "Step",
    "Target",
    "__version__",
    "attribute",
    "load_settings",
    "parse_target",
    "verify_folder",
]

_HOMES = {
    "attributor": ("Attributor", "Investigation", "attribute"),
    "client": ("AttributionSource", "RemoteAttributor", "ServiceError"),
    "decide.answer": ("Decision",),
    "decide.draft": ("Step",),
    "errors": ("AttributionError", "EvidenceError", "InvalidTarget", "SettingsError"),
    "evidence": ("Evidence", "EvidenceFolder", "verify_folder"),
    "models": ("AbuseContact", "AddressAnswer", "Attribution", "Party", "Provider"),
    "settings": ("Settings", "load_settings"),
    "lookup.protocols.origin": ("ReverseProxy", "OriginRefused", "OriginSource", "DisclosedOrigin"),
    "target": ("Target", "parse_target"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"attribution.{home}"), name)
    raise AttributeError(f"module 'attribution' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
