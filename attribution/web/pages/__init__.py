"""The analysts' page: made on the server, in Dutch and English, the same without script."""
