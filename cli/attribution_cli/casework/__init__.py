"""The verbs around reports, notices, events and providers: what a hotline remembers."""
