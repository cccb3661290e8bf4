"""The store's forms, one after the other."""
