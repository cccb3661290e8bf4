"""Client of a service, and the models of its requests and replies."""

from attribution.client.remote import AttributionSource, RemoteAttributor, ServiceError

__all__ = ["AttributionSource", "RemoteAttributor", "ServiceError"]
