"""A dry run says exactly what would be written, and leaves everything as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from fhirsvc.domain.errors import Refusal, Refused
from fhirsvc.usecases.assess_now import DryRun, assess_now
from tests.unit.usecases.clinic import TENANT, Clinic, indicated, judge, leg_raise, pain, patient, reflex, withdrawn

SAME = (
    "finding",
    "summary",
    "effectiveDateTime",
    "protocol",
    "investigation",
    "problem",
    "note",
    "previous",
    "subject",
)


def body_of(*resources: dict[str, Any]) -> bytes:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
    return json.dumps(bundle).encode()


def dry_run(clinic: Clinic, of: str = "p1", *more: dict[str, Any]) -> DryRun | None:
    addition = body_of(*more) if more else b""
    return assess_now(TENANT, of, store=clinic.store, clock=clinic, judge=judge(), addition=addition)


def shown(clinic: Clinic, of: str = "p1", *more: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The impression that is shown, and whether something would be written."""
    found = dry_run(clinic, of, *more)
    assert found is not None
    return json.loads(found.impression or b"{}"), found.changes


def alike(impression: dict[str, Any]) -> dict[str, Any]:
    """What of an impression does not depend on whether and when it was written."""
    return {name: impression.get(name) for name in SAME}


def chart(clinic: Clinic) -> tuple[Any, ...]:
    return clinic.impressions(), clinic.flags(), len(clinic.hints)


def test_what_is_shown_is_what_is_written_then() -> None:
    clinic = Clinic()
    before, changes = shown(clinic, "p1", *indicated())
    clinic.answer(*indicated())
    [written] = clinic.impressions()
    assert changes
    assert alike(before) == alike(written)


def test_what_is_shown_with_more_names_what_it_would_replace() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    before, changes = shown(clinic, "p1", withdrawn(leg_raise(id_="slr-p1")))
    clinic.answer(withdrawn(leg_raise(id_="slr-p1")))
    assert changes
    assert alike(before) == alike(clinic.impressions()[-1])


def test_a_dry_run_moves_nothing() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    before = chart(clinic)
    for more in ((), (reflex("normal", "reflex-p1"),), (patient("p2"), pain("pain-p2", of="p2"))):
        dry_run(clinic, "p1", *more)
    clinic.work()
    assert chart(clinic) == before


def test_an_equal_decision_would_write_nothing() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    impression, changes = shown(clinic)
    assert not changes
    assert impression["finding"] == clinic.impressions()[-1]["finding"]
    assert impression["status"] == "in-progress"


def test_a_complaint_that_is_gone_shows_no_impression_and_would_withdraw() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    assert shown(clinic, "p1", pain("pain-p1", verified="refuted")) == ({}, True)
    assert shown(clinic, "p9", patient("p9")) == ({}, False)


def test_two_patients_that_a_bundle_would_join_are_answered_as_one() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    link = [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]
    found = dry_run(clinic, "p2", patient("p2", link=link))
    assert found is not None
    assert (found.patient, found.changes) == ("p1", False)
    assert dry_run(clinic, "p2") is None


def test_nobody_known_is_nobody() -> None:
    assert dry_run(Clinic(), "nobody") is None


def test_a_single_fault_refuses_even_a_batch() -> None:
    clinic = Clinic()
    requests = [{"method": "PUT", "url": "Patient/p1"}, {"method": "PUT", "url": "Account/a"}]
    resources = [patient(), {"resourceType": "Account", "id": "a"}]
    entries = [{"resource": each, "request": request} for each, request in zip(resources, requests, strict=True)]
    addition = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()
    with pytest.raises(Refused) as refused:
        assess_now(TENANT, "p1", store=clinic.store, clock=clinic, judge=judge(), addition=addition)
    assert refused.value.reason is Refusal.NOT_SUPPORTED


def test_an_entry_whose_condition_is_not_met_is_named() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    request = {"method": "PUT", "url": "Observation/reflex-p1", "ifMatch": 'W/"9"'}
    entry = {"resource": reflex("normal", "reflex-p1"), "request": request}
    addition = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": [entry]}).encode()
    found = assess_now(TENANT, "p1", store=clinic.store, clock=clinic, judge=judge(), addition=addition)
    assert found is not None
    assert (found.changes, len(found.issues)) == (False, 1)


def test_time_that_has_passed_counts_in_a_dry_run() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    clinic.later(days=100)
    before, changes = shown(clinic)
    clinic.sweep()
    assert changes
    assert alike(before) == alike(clinic.impressions()[-1])


def test_a_sender_in_shadow_is_shown_what_would_be_written() -> None:
    clinic = Clinic(shadow=frozenset({TENANT}))
    clinic.answer(*indicated())
    knowledge = replace(judge(), shadow=clinic.shadow)
    found = assess_now(TENANT, "p1", store=clinic.store, clock=clinic, judge=knowledge)
    assert found is not None
    assert found.impression
    assert clinic.impressions() == []
