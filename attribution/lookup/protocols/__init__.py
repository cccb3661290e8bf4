"""Clients, a module a protocol: DNS, RDAP, WHOIS, origins, published lists, time stamps."""
