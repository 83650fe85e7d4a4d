"""The command line: run the service, answer for files, map what senders write, and check what clinicians author."""

from fhirsvc.cli import assess, authoring, coverage, history, mapping, service
from fhirsvc.cli.frame import app

__all__ = ["app", "assess", "authoring", "coverage", "history", "main", "mapping", "service"]


def main() -> None:
    """The command `fhirsvc`."""
    app()
