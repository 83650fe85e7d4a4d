"""How long a search takes among 100,000 resources, and what it costs to keep them findable."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qsl

import orjson

from fhirsvc.adapters.database import DatabaseStore, open_store, resources
from fhirsvc.fhir.search import ask
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.search import search
from fhirsvc.usecases.searchset import drawn
from tests.bench.timing import fastest

TENANT = "default"
KEPT = 100_000
AT_ONCE = 1_000
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
QUERIES = (
    "patient=p7",
    "patient=p7&code=7-1&date=ge2021&_sort=-_lastUpdated",
    "patient=p7&_include=Observation:subject",
    "identifier=urn:lab|v777",
    "code=http://loinc.org|7-1",
    "_id=o55",
    "date=2021-03-04",
    "_lastUpdated=ge2026-05-02T15:30:00Z",
    "status=final",
    "",
)


def measure() -> Iterator[str]:
    """Lines on the index and on each kind of search, with the Bundle that answers it."""
    yield f"\nsearch among {KEPT:,} Observations of 2,000 patients, SQLite"
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "store.sqlite")
        plain = open_store(Path(folder) / "plain.sqlite")
        some = [_observation(number) for number in range(10 * AT_ONCE)]
        with patch.object(resources, "note"):
            without = fastest(partial(_add, plain, some), rounds=1)
        _add(store, some)
        with_index = fastest(partial(_add, store, [_observation(n + len(some)) for n in range(len(some))]), rounds=1)
        each = 1e6 / len(some)
        yield f"  to keep one: {with_index * each:.0f} µs, without the index {without * each:.0f} µs"
        _add(store, [_observation(number) for number in range(2 * len(some), KEPT)])
        for query in QUERIES:
            found = search(TENANT, ask("Observation", parse_qsl(query), now=NOON), store=store)
            yield f"  {fastest(partial(_answer, store, query)) * 1e3:7.1f} ms  {found.page.total:6} of ?{query}"
        for opened in (store, plain):
            opened.close()


def _answer(store: DatabaseStore, query: str) -> bytes:
    asked = ask("Observation", parse_qsl(query), now=NOON)
    return drawn(asked, search(TENANT, asked, store=store), "http://127.0.0.1/fhir")


def _add(store: DatabaseStore, versions: list[Version]) -> None:
    for start in range(0, len(versions), AT_ONCE):
        with store.writing() as transaction:
            transaction.resources.add(TENANT, versions[start : start + AT_ONCE])


def _observation(number: int) -> Version:
    patient, code = f"p{number % 2000}", number % 200
    day = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=number % 50_000)
    codings = [
        {"system": "http://loinc.org", "code": f"{code}-1"},
        {"system": "http://snomed.info/sct", "code": str(code)},
    ]
    body = {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "subject": {"reference": f"Patient/{patient}"},
        "identifier": [{"system": "urn:lab", "value": f"v{number}"}],
        "code": {"coding": codings},
        "effectiveDateTime": day.date().isoformat(),
        "valueString": "present",
    }
    return Version(
        type="Observation",
        id=f"o{number}",
        version=1,
        received=NOON + timedelta(seconds=number),
        first_received=NOON,
        body=orjson.dumps(body),
        patient=patient,
        submission="s",
    )
