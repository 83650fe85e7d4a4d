"""One running service for all tests that do not stop it."""

from collections.abc import Iterator

import pytest

from tests.functional.running import Running


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The embedded default: SQLite and one child worker."""
    with Running(tmp_path_factory.mktemp("service")) as running:
        yield running
