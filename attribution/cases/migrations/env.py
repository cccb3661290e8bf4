"""Alembic asks for this file; `attribution.cases.migrate` opens the connection and runs the revisions."""
