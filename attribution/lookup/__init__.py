"""Asking resolvers and registries: everything that opens a socket."""
