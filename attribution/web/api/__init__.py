"""The HTTP interface for programs, under `/api/v1`.

Requests and replies are the models of `attribution.client.models`.
"""
