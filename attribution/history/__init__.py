"""What happened between a hotline and providers, as rows: reports, notices, events, aliases."""
