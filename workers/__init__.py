"""The Celery workers: ids in, one use case called, nothing decided here."""
