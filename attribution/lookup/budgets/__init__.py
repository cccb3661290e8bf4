"""Rate limits of registries: budgets, their ledger on disk, pace and health."""
