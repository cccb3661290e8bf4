"""Look-ups that people and programs ask the service for: batches, their runner, progress."""
