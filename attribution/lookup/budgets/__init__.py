"""How many questions a server may be asked: budgets, their ledger, pace and health."""
