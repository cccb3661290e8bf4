"""The analysts' page: rendered on the server, in several languages, the same without script."""
