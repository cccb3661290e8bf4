"""Notices to a provider: sender, wording, templates."""
