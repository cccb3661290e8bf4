"""Alembic asks for this file; `attribution.store.migrate` opens the connection and runs the
revisions.
"""
