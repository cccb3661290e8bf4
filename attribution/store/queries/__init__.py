"""Queries, a module a part of casework: they return rows, and know nothing of attribution."""
