"""Queries of the store, one module a noun: typed rows out, and what they mean left to the caller.

SQL stands in `attribution.store` only. A query of several things takes their ids together, so that
nobody asks once a case in a loop.
"""
