"""One file for each way in which registries write an answer; `readers` chooses by the server."""
