"""The store in a database: one repository per aggregate, one transaction for all of them."""

from fhirsvc.adapters.database.store import DatabaseStore, open_store

__all__ = ["DatabaseStore", "open_store"]
