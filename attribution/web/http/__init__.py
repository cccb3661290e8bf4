"""Around each request: problem documents, rate limits, logs, counters."""
