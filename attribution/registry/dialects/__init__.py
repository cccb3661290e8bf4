"""How registries write their answers: one module a dialect, named by `dialect` in servers.csv.

A new format takes one module here and the rows of its servers. A module defines, each taking the
body as it came and its server, and raising UnreadableAnswer:

- `read_networks(body, server) -> list[Network]`: every network, in the order of the answer;
- `read_autnum(body, server, asn) -> AutonomousSystem`, where the servers answer about an AS;
- `read_entity(body, server) -> Entity`, where they answer about a contact or an organisation.
"""
