"""A small world of invented companies on loopback: resolvers, RDAP and WHOIS registries, over real
sockets.

For the demo, for this project's tests, and for the tests of tools that import the library:

    from attribution.demo import DemoWorld
    with DemoWorld() as world:
        answer = attribution.attribute("https://shop.quay-customer.example/", world.settings())

Addresses are those of documentation (RFC 5737, 3849), AS numbers those of RFC 5398, names those of
RFC 2606.
"""

from attribution.demo.servers import DemoWorld

__all__ = ["DemoWorld"]
