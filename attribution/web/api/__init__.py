"""The HTTP interface for programs, under `/api/v1`. What is asked and answered stands in
`attribution.client.models`.
"""
