"""The transport: the one place that opens sockets to answer a question."""

from attribution.lookup.transport.dns import OnConnect
from attribution.lookup.transport.errors import (
    DestinationRefused,
    MalformedAnswer,
    TooLarge,
    TransportError,
    UnknownServer,
    Unreachable,
)
from attribution.lookup.transport.guard import Destination, Guard, Kind, Resolve, ServerTable
from attribution.lookup.transport.http import MOST_BYTES, HttpAnswer, HttpRequest
from attribution.lookup.transport.reported import ReportedAddresses, TargetInWork
from attribution.lookup.transport.transport import Transport

__all__ = [
    "MOST_BYTES",
    "Destination",
    "DestinationRefused",
    "Guard",
    "HttpAnswer",
    "HttpRequest",
    "Kind",
    "MalformedAnswer",
    "OnConnect",
    "ReportedAddresses",
    "Resolve",
    "ServerTable",
    "TargetInWork",
    "TooLarge",
    "Transport",
    "TransportError",
    "UnknownServer",
    "Unreachable",
]
