"""Around each request: rate limits, hostile requests, logs, metrics, problem documents."""
