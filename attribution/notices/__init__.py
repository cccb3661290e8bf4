"""Notices to a provider: their text in each language, and a hotline's own templates."""
