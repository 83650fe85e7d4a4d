"""Searches over HTTP: by address and by form, with what belongs to what is found, and page after page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.fhir_checks import assert_valid_r4, faults_of
from tests.functional.running import Running, outputs
from tests.functional.vignettes.records import batch, coded, concept, condition, observation, patient, sided

FORM = "application/x-www-form-urlencoded"
TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture(scope="module")
def found(service: Running) -> dict[str, Any]:
    """The impression of a patient `sought-0` who also has a Flag."""
    task = service.task(
        service.post(
            batch(
                "sought",
                patient("male", 40),
                condition(coded("http://snomed.info/sct", "4063001"), "left"),
                observation(concept("achilles-reflex"), site=sided("left"), valueString="absent"),
                observation(concept("achilles-reflex"), site=sided("right"), valueString="normal"),
                observation(concept("radiating-leg-symptoms"), site=sided("left"), valueBoolean=True),
            )
        )
    )
    [reference] = outputs(task, "impression")
    return service.get(reference["reference"])


def ids(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", ()) if entry["search"]["mode"] == mode]


def links(bundle: dict[str, Any]) -> dict[str, str]:
    return {link["relation"]: link["url"] for link in bundle["link"]}


def sent_by_form(service: Running, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
    return service.client.post(f"/{path}", data=form, headers=headers)


@pytest.mark.parametrize(
    "query",
    [
        "patient=sought-0",
        "patient=Patient/sought-0",
        "subject=Patient/sought-0",
        "patient=sought-0&status=completed",
        f"patient=sought-0&date={TODAY}",
        f"patient=sought-0&date=ge{TODAY}",
        "patient=sought-0&_format=json",
    ],
)
def test_an_impression_is_found(service: Running, found: dict[str, Any], query: str) -> None:
    bundle = service.get(f"ClinicalImpression?{query}")
    assert ids(bundle) == [found["id"]]
    assert bundle["total"] == 1
    assert_valid_r4(bundle)


@pytest.mark.parametrize(
    "query", ["patient=nobody", "patient=sought-0&status=in-progress", "patient=sought-0&date=lt2020-01-01"]
)
def test_what_does_not_match_is_not_found(service: Running, found: dict[str, Any], query: str) -> None:
    bundle = service.get(f"ClinicalImpression?{query}")
    assert ids(bundle) == []
    assert bundle["total"] == 0
    assert_valid_r4(bundle)
    assert found


def test_an_impression_is_found_by_its_identifier(service: Running, found: dict[str, Any]) -> None:
    [identifier] = found["identifier"]
    query = f"identifier={identifier['system']}|{identifier['value']}"
    assert ids(service.get(f"ClinicalImpression?{query}")) == [found["id"]]


def test_a_flag_is_found_by_patient_and_status(service: Running, found: dict[str, Any]) -> None:
    bundle = service.get("Flag?patient=sought-0&status=active")
    assert [entry["resource"]["subject"] for entry in bundle["entry"]] == [found["subject"]]
    assert_valid_r4(bundle)


def test_an_entry_is_the_resource_at_its_address(service: Running, found: dict[str, Any]) -> None:
    [entry] = service.get("ClinicalImpression?patient=sought-0")["entry"]
    assert entry["search"] == {"mode": "match"}
    assert service.get(entry["fullUrl"]) == entry["resource"] == found


def test_a_form_finds_what_an_address_finds_and_both_are_taken_together(
    service: Running, found: dict[str, Any]
) -> None:
    answer = sent_by_form(
        service, "ClinicalImpression/_search?status=completed", {"patient": "sought-0", "_format": "json"}
    )
    assert answer.status_code == 200
    assert ids(answer.json()) == [found["id"]]
    assert links(answer.json())["self"] == f"{service.base}/ClinicalImpression?status=completed&patient=sought-0"
    assert_valid_r4(answer.json())
    neither = sent_by_form(service, "ClinicalImpression/_search?status=in-progress", {"patient": "sought-0"})
    assert neither.json()["total"] == 0


def test_an_empty_form_asks_for_everything(service: Running, found: dict[str, Any]) -> None:
    answer = sent_by_form(service, "ClinicalImpression/_search?_id=" + found["id"], {}, **{"content-type": FORM})
    assert ids(answer.json()) == [found["id"]]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("application/x-www-form-urlencoded; charset=latin-1", b"patient=x", 415),
        (FORM, b"patient", 400),
        (FORM, b"patient=%ff", 400),
        (FORM, b"\xff=x", 400),
        (FORM, b"&".join([b"_id=x"] * 201), 400),
        (FORM + "; charset=UTF-8", b"patient=x", 200),
        (FORM, b"patient=x&_format=xml", 406),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(service: Running, content_type: str, body: bytes, status: int) -> None:
    answer = service.client.post("/Flag/_search", content=body, headers={"content-type": content_type})
    assert answer.status_code == status
    assert_valid_r4(answer.json())


def test_an_observation_is_found_by_its_code(service: Running, found: dict[str, Any]) -> None:
    code = concept("achilles-reflex")["coding"][0]
    bundle = service.get(f"Observation?patient=sought-0&code={code['system']}|{code['code']}&status=final&_sort=_id")
    assert bundle["total"] == 2
    assert {entry["resource"]["code"]["coding"][0]["code"] for entry in bundle["entry"]} == {"achilles-reflex"}
    assert_valid_r4(bundle)
    assert found


def test_an_impression_comes_with_its_patient_its_evidence_and_who_computed_it(
    service: Running, found: dict[str, Any]
) -> None:
    query = (
        f"_id={found['id']}&_include=ClinicalImpression:subject&_include=ClinicalImpression:investigation"
        "&_include=ClinicalImpression:problem&_revinclude=Provenance:target&_revinclude=Flag:detail"
    )
    bundle = service.get(f"ClinicalImpression?{query}")
    assert_valid_r4(bundle)
    assert (ids(bundle), bundle["total"]) == ([found["id"]], 1)
    included = [entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "include"]
    assert sorted(each["resourceType"] for each in included) == [
        "Condition", "Flag", "Observation", "Observation", "Observation", "Patient", "Provenance",
    ]  # fmt: skip
    rests_on = {item["reference"] for each in found["investigation"] for item in each["item"]} | {
        each["reference"] for each in found["problem"]
    }
    exact = {f"{each['resourceType']}/{each['id']}/_history/{each['meta']['versionId']}" for each in included}
    assert rests_on <= exact
    assert all(service.get(entry["fullUrl"]) == entry["resource"] for entry in bundle["entry"])


def test_evidence_leads_to_the_impression_that_rests_on_it(service: Running, found: dict[str, Any]) -> None:
    bundle = service.get("Observation?patient=sought-0&_revinclude=ClinicalImpression:investigation")
    assert ids(bundle, "include") == [found["id"]]
    everything = service.get("Patient?_id=sought-0&_revinclude=ClinicalImpression:patient&_revinclude=Flag:patient")
    assert len(ids(everything, "include")) == 2
    assert found["id"] in ids(everything, "include")


def test_what_is_superseded_leads_to_the_version_it_rested_on(service: Running) -> None:
    """The reflex is corrected: the first impression still comes with what it rested on."""
    left = sided("left")
    record = [patient("male", 40), condition(coded("http://snomed.info/sct", "4063001"), "left")]
    signs = [observation(concept("radiating-leg-symptoms"), site=left, valueBoolean=True)]
    for value in ("absent", "normal"):
        reflex = observation(concept("achilles-reflex"), site=left, valueString=value)
        service.task(service.post(batch("revised", *record, reflex, *signs)))
    bundle = service.get("ClinicalImpression?patient=revised-0&_sort=date&_include=ClinicalImpression:investigation")
    assert_valid_r4(bundle)
    assert bundle["total"] == 2
    reflexes = [
        entry["resource"]
        for entry in bundle["entry"]
        if entry["resource"].get("code", {}).get("coding", [{}])[0].get("code") == "achilles-reflex"
    ]
    standing = service.get("ClinicalImpression?patient=revised-0&_tag:not=superseded,withdrawn")
    assert ids(standing) == ids(bundle)[1:]
    assert sorted((each["meta"]["versionId"], each["valueString"]) for each in reflexes) == [
        ("1", "absent"),
        ("2", "normal"),
    ]


@pytest.mark.parametrize("summary", ["true", "text", "data"])
def test_a_summary_is_valid_and_says_that_it_is_one(service: Running, found: dict[str, Any], summary: str) -> None:
    for type_ in ("ClinicalImpression", "Flag", "Provenance", "Observation", "Condition", "Patient"):
        bundle = service.get(f"{type_}?patient=sought-0&_summary={summary}")
        [part, *_] = [entry["resource"] for entry in bundle["entry"]]
        assert "SUBSETTED" in {each["code"] for each in part["meta"]["tag"]}
        assert ("text" in part) == (summary == "text" and type_ in {"ClinicalImpression", "Flag", "Provenance"})
        assert not [fault for fault in faults_of(bundle) if "dom-6" not in fault]
    assert found


def test_elements_are_those_that_are_named(service: Running, found: dict[str, Any]) -> None:
    [entry] = service.get(f"ClinicalImpression?_id={found['id']}&_elements=summary,date")["entry"]
    assert entry["resource"].keys() == {"resourceType", "id", "meta", "status", "subject", "summary", "date"}
    assert entry["resource"]["date"] == found["date"]


@pytest.mark.parametrize("query", ["_summary=count", "_count=0", "_summary=count&_total=none"])
def test_a_count_is_a_total_and_nothing_else(service: Running, found: dict[str, Any], query: str) -> None:
    bundle = service.get(f"ClinicalImpression?patient=sought-0&{query}")
    assert (bundle["total"], bundle.get("entry"), list(links(bundle))) == (1, None, ["self"])
    assert_valid_r4(bundle)
    assert found


def test_who_wants_no_total_gets_none(service: Running, found: dict[str, Any]) -> None:
    bundle = service.get("ClinicalImpression?patient=sought-0&_total=none")
    assert "total" not in bundle
    assert ids(bundle) == [found["id"]]
    assert_valid_r4(bundle)


@pytest.mark.parametrize("prefer", ["", "handling=strict", "return=minimal"])
def test_an_unknown_parameter_is_refused_and_named(service: Running, prefer: str) -> None:
    answer = service.client.get("/Flag?patient=x&colour=blue", headers={"prefer": prefer})
    assert answer.status_code == 400
    [issue] = answer.json()["issue"]
    assert (issue["code"], issue["expression"]) == ("not-supported", ["colour"])
    assert "blue" not in answer.text
    assert_valid_r4(answer.json())


@pytest.mark.parametrize(
    "prefer", ["handling=lenient", 'return=minimal; handling="lenient"', "respond-async, Handling = lenient"]
)
def test_who_is_lenient_is_told_what_was_passed_over(service: Running, found: dict[str, Any], prefer: str) -> None:
    answer = service.client.get("/ClinicalImpression?patient=sought-0&colour=blue&_count=1", headers={"prefer": prefer})
    bundle = answer.json()
    assert_valid_r4(bundle)
    assert ids(bundle) == [found["id"]]
    assert links(bundle)["self"] == f"{service.base}/ClinicalImpression?patient=sought-0&_count=1"
    [outcome] = [entry["resource"] for entry in bundle["entry"] if entry["search"]["mode"] == "outcome"]
    assert outcome["issue"][0]["expression"] == ["colour"]
    assert bundle["total"] == 1


@pytest.mark.parametrize(
    "query", ["status:text=x", "patient:identifier=x", "code:in=x", "_include:iterate=Flag:patient"]
)
def test_an_unknown_modifier_is_refused_however_lenient_one_is(service: Running, query: str) -> None:
    answer = service.client.get(f"/Flag?{query}", headers={"prefer": "handling=lenient"})
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["code"] == "not-supported"


def complain(service: Running, name: str) -> None:
    complaint = condition(coded("http://snomed.info/sct", "4063001"), "left")
    service.task(service.post(batch(name, patient("male", 40), complaint)))


def test_pages_show_what_stood_when_the_search_began(service: Running, found: dict[str, Any]) -> None:
    for number in range(6):
        complain(service, f"page-{number}")
    first = service.get("ClinicalImpression?status=completed&_count=2&_include=ClinicalImpression:patient")
    before = ids(service.get("ClinicalImpression?status=completed&_count=100"))
    seen, back, page = ids(first), "", first
    while "next" in links(page):
        complain(service, f"later-{len(seen)}")
        back = links(page)["self"]
        page = service.get(links(page)["next"])
        assert_valid_r4(page)
        assert page["total"] == first["total"] == len(before)
        subjects = {entry["resource"].get("subject", {}).get("reference") for entry in page["entry"]} - {None}
        there = {each for each in subjects if service.client.get(f"/{each}").status_code == 200}
        assert {f"Patient/{each}" for each in ids(page, "include")} == there
        seen += ids(page)
    assert seen == before
    assert found["id"] in seen
    assert ids(service.get(links(page)["first"])) == ids(first)
    assert ids(service.get(links(page)["previous"])) == ids(service.get(back))
    assert ids(service.get(links(page)["self"])) == ids(page)
    assert service.get("ClinicalImpression?_summary=count")["total"] > len(before)


def test_a_link_says_nothing_to_who_reads_it(service: Running, found: dict[str, Any]) -> None:
    complain(service, "opaque")
    address = links(service.get("ClinicalImpression?_count=1&patient=sought-0,opaque-0"))["next"]
    assert re.fullmatch(rf"{service.base}/ClinicalImpression\?_page=[A-Za-z0-9_\-]+", address)
    assert found


@pytest.mark.parametrize("query", ["_page=WzFd", "_page=x&_count=2", "_page=" + "A" * 3000])
def test_a_link_that_was_not_given_is_refused(service: Running, query: str) -> None:
    answer = service.client.get(f"/Flag?{query}")
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["_page"]


def test_what_is_claimed_to_be_included_is(service: Running) -> None:
    for resource in service.get("metadata")["rest"][0]["resource"]:
        asked = [f"_include={each}" for each in resource.get("searchInclude", ())]
        asked += [f"_revinclude={each}" for each in resource.get("searchRevInclude", ())]
        if asked:
            bundle = service.get(f"{resource['type']}?_count=1&{'&'.join(asked)}")
            assert bundle["type"] == "searchset"
