"""Server tables for tests of the transport and of what stands on it."""

from __future__ import annotations

from collections.abc import Iterable

from attribution.lookup.transport import Kind


class Listed:
    """Lists the servers that it was given, by host and port, for every kind of question."""

    def __init__(self, *servers: tuple[str, int]) -> None:
        self._servers = frozenset(servers)

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        return (host, port) in self._servers

    def is_fixed(self, host: str, port: int) -> bool:
        return (host, port) in self._servers


class ListedFor:
    """Lists servers for one kind of question each."""

    def __init__(self, servers: Iterable[tuple[str, int, Kind]]) -> None:
        self._servers = frozenset(servers)

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        return (host, port, kind) in self._servers

    def is_fixed(self, host: str, port: int) -> bool:
        return any((host, port) == server[:2] for server in self._servers)


class EveryServer:
    """Lists every server: for tests that are about something else."""

    def is_listed(self, host: str, port: int, kind: Kind) -> bool:
        return True

    def is_fixed(self, host: str, port: int) -> bool:
        return True
