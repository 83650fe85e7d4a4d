"""How long a Bundle takes to be read and checked, beside the models of fhir.resources on the same bytes."""

from __future__ import annotations

from collections.abc import Iterator

from fhir.resources.R4B.bundle import Bundle

from fhirsvc.fhir.parse import parse_bundle
from tests.bench.bundles import transaction
from tests.bench.timing import fastest

ENTRIES = (5, 20, 200)


def measure() -> Iterator[str]:
    """One line per size of Bundle."""
    yield "\nparse: bytes to a checked Bundle (structure, bindings, reference targets, invariants)"
    for entries in ENTRIES:
        body = transaction(entries)
        ours = fastest(lambda body=body: parse_bundle(body))  # type: ignore[misc]
        models = fastest(lambda body=body: Bundle.model_validate_json(body), rounds=3)  # type: ignore[misc]
        yield (
            f"  {entries:4} entries, {len(body):7} bytes: {ours * 1e3:7.2f} ms; "
            f"the models of fhir.resources, which check less: {models * 1e3:7.2f} ms; {models / ours:.1f} times"
        )
