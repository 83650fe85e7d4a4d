"""A file is read for what is in it: a Bundle that reads or deletes by an address is no record."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from fhirsvc.domain.errors import Refusal, Refused
from fhirsvc.usecases.consult import opened
from tests.unit.usecases.posts import asked, patient, put

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_file_that_reads_or_deletes_is_refused(method: str) -> None:
    bundle = {"resourceType": "Bundle", "type": "batch", "entry": [put(patient()), asked(method, "Patient/p2")]}
    with pytest.raises(Refused) as refused:
        opened(json.dumps(bundle).encode(), NOW)
    assert refused.value.reason is Refusal.NOT_SUPPORTED
    assert [each.expression for each in refused.value.issues] == ["Bundle.entry[1].request.method"]
