"""The outside world, one technology per file."""
