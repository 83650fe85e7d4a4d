"""A hospital that sends its own codes: the service with the hospital's ConceptMap, and with what it received before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fhirsvc import bootstrap
from fhirsvc.settings import Settings
from fhirsvc.usecases.decide import Judge
from tests.functional.encodings.local_map import concept_map
from tests.functional.encodings.sending import ENCODINGS, Ward, received_before
from tests.functional.encodings.told import VIGNETTES
from tests.functional.running import Running


@pytest.fixture(scope="session")
def hospital_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the hospital's ConceptMap stands."""
    folder = tmp_path_factory.mktemp("hospital")
    (folder / "concept-maps").mkdir()
    (folder / "concept-maps" / "default.json").write_bytes(concept_map())
    return folder


@pytest.fixture(scope="session")
def knowledge(hospital_folder: Path) -> Judge:
    """What the service knows in that folder."""
    return bootstrap.judge(Settings(data_dir=hospital_folder))


@pytest.fixture(scope="session")
def hospital(hospital_folder: Path, knowledge: Judge) -> Iterator[Running]:
    """The running service; what a vignette received long before today was received then."""
    store = bootstrap.store(Settings(data_dir=hospital_folder))
    ward = Ward(knowledge, store)
    for case in VIGNETTES:
        for encoding in ENCODINGS:
            received_before(ward, encoding, case)
    store.close()
    with Running(hospital_folder) as running:
        yield running
