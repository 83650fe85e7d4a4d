"""Twins of the ports that live in memory: for tests, and for judging files without a store."""

from fhirsvc.adapters.memory.store import MemoryStore

__all__ = ["MemoryStore"]
