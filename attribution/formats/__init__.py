"""File formats: rows in, bytes out, or the other way round. No database, no settings.

`interface.py` says what a format is. One that the store can be exported in is a module of this
folder with an `EXPORT`; one for lists of providers has a `PARTNER_LIST`. `registry.py` finds both:
the command offers a new module by itself.
"""
