"""Counters for Prometheus: no label holds anything of a request but its route's template."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from attribution.web.http.logs import Exchange

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "attribution_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "attribution_http_seconds",
            "Seconds until the answer was sent.",
            ["route"],
            registry=self._registry,
        )
        self.answers = Counter(
            "attribution_answers", "Targets answered.", ["status"], registry=self._registry
        )
        self.streams = Gauge(
            "attribution_streams", "Progress streams that are open.", registry=self._registry
        )
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self._statuses: dict[str, Any] = {}

    def request(self, exchange: Exchange) -> None:
        """Count a request."""
        method, route, status = exchange.method, exchange.route, exchange.status
        child = self._children.get((method, route, status))
        if child is None:
            # Kept, since finding a counter by its labels takes longer than counting.
            child = self._requests.labels(method, route, str(status)), self._seconds.labels(route)
            self._children[method, route, status] = child
        child[0].inc()
        child[1].observe(exchange.seconds)

    def answer(self, status: str) -> None:
        """Count a target that was answered."""
        child = self._statuses.get(status)
        if child is None:
            child = self._statuses[status] = self.answers.labels(status)
        child.inc()

    def text(self) -> bytes:
        """Return every counter, as Prometheus reads it."""
        return generate_latest(self._registry)
