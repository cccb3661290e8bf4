"""The client of a service, and the models of what the service says and is told."""

from attribution.client.remote import AttributionSource, RemoteAttributor, ServiceError

__all__ = ["AttributionSource", "RemoteAttributor", "ServiceError"]
