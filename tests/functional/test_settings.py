"""Settings that change what is answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fhirsvc.fhir.resource import digest_id
from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs
from tests.functional.vignettes.spinal import SPINAL
from tests.servers import awaited

INDICATED = SPINAL[0]


def proposal_of(service: Running) -> tuple[int, dict[str, Any]]:
    """The answer for the ServiceRequest that would go with the impression of a patient for whom it is indicated."""
    [reference] = outputs(service.task(service.post(INDICATED.bundle)), "impression")
    answer = service.client.get(f"/ServiceRequest/{digest_id('proposal', reference['reference'] + '/_history/1')}")
    return answer.status_code, answer.json()


def test_no_request_is_proposed_unasked(service: Running) -> None:
    assert proposal_of(service)[0] == 404


def test_a_request_is_proposed_where_the_administrator_asks_for_it(tmp_path: Path) -> None:
    with Running(tmp_path, propose_service_request="true") as service:
        status, request = proposal_of(service)
    assert status == 200
    assert (request["status"], request["intent"]) == ("draft", "proposal")
    assert_valid_r4(request)


def test_in_shadow_is_answered_and_nothing_written_until_the_sender_is_live(tmp_path: Path) -> None:
    with Running(tmp_path, shadow="default") as service:
        task = service.task(service.post(INDICATED.bundle))
        [patient] = outputs(task, "patient")
        assert outputs(task, "would-write") == ["ClinicalImpression", "Provenance", "Flag"]
        assert outputs(task, "impression") == []
        assert found(service, patient, "ClinicalImpression") == found(service, patient, "Flag") == 0
        assert_valid_r4(task)
    with Running(tmp_path) as service:
        awaited(lambda: found(service, patient, "ClinicalImpression") == 1)
        assert found(service, patient, "Flag") == 1
        again = service.task(service.post(INDICATED.bundle))
        assert again["id"] == task["id"], "the same Bundle again is the same submission, as it was answered then"
        assert found(service, patient, "ClinicalImpression") == 1


def found(service: Running, patient: dict[str, str], kind: str) -> int:
    """How many of this type stand for a patient."""
    total: int = service.get(f"{kind}?subject={patient['reference']}")["total"]
    return total


def test_addresses_are_those_that_senders_see(tmp_path: Path) -> None:
    seen = "https://clinic.example/heel/fhir"
    with Running(tmp_path, "--no-worker", base_url=seen) as service:
        posted = service.post(INDICATED.bundle)
        assert posted.json()["link"][0]["url"].startswith(f"{seen}/Task/")
        assert posted.headers["link"].startswith(f"<{seen}/Task/")
        assert service.get("metadata")["implementation"]["url"] == seen
        assert service.get("Flag?status=active")["link"][0]["url"] == f"{seen}/Flag?status=active"
