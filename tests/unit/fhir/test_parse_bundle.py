"""What a parsed Bundle holds: entries as they were sent, and in a batch the faults of single entries."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhirsvc.domain.errors import Refusal, refusal_reason
from fhirsvc.fhir.parse import parse_bundle
from tests.unit.fhir.parsing import (
    Json,
    batch,
    collection,
    is_clean,
    observation,
    parsed,
    patient,
    post,
    put,
    refusal,
    said,
    transaction,
    warnings,
)

FIRST = "urn:uuid:0b7cfbf0-1c1c-4c55-9a4c-1c9f2f7a0001"
MARK = "Xq7Marker"


def test_a_transaction_says_how_each_entry_is_to_be_kept() -> None:
    bundle = parsed(transaction(post(patient(), fullUrl=FIRST), put(observation())))
    first, second = bundle.entries
    assert (bundle.type, first.index, first.full_url, first.method, first.type) == (
        "transaction",
        0,
        FIRST,
        "POST",
        "Patient",
    )
    assert (second.method, second.type, second.id) == ("PUT", "Observation", "o1")
    assert second.resource["status"] == "final"


def test_a_collection_asks_for_nothing() -> None:
    (entry,) = parsed(collection(patient())).entries
    assert (entry.method, entry.full_url) == (None, None)


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ({"system": "http://ehr.example", "value": "7"}, "http://ehr.example|7"),
        ({"value": "7"}, "|7"),
        ({"use": "old"}, None),
    ],
)
def test_a_bundle_says_its_identifier(identifier: Json, text: str | None) -> None:
    assert parsed(collection(patient()) | {"identifier": identifier}).identifier == text


RESOURCE_TEXTS = [
    '{"resourceType":"Patient"}',
    '{ "name" : [ { "family" : "Ro\\u0073si \\"x\\" } ]" } ] ,\n\t"resourceType" : "Patient" }',
    '{"resourceType":"Observation","status":"final","code":{"text":"{[,"},"valueQuantity":{"value":1.10}}',
    '{"resourceType":"Observation","status":"final","code":{"text":"\\\\"},"valueQuantity":{"value":-0.0e0}}',
]


@given(
    st.lists(st.sampled_from(RESOURCE_TEXTS), min_size=1, max_size=4),
    st.sampled_from(["", " ", "\n  "]),
    st.booleans(),
)
def test_a_resource_is_kept_exactly_as_it_was_sent(texts: list[str], space: str, request_first: bool) -> None:
    entries = []
    for text in texts:
        type_ = json.loads(text)["resourceType"]
        request = f'"request"{space}:{{"method":"POST","url":"{type_}"}}'
        members = [f'"resource"{space}:{space}{text}', request]
        entries.append("{" + f"{space},".join(reversed(members) if request_first else members) + "}")
    body = f'{{"entry":[{f",{space}".join(entries)}],"type":"batch","resourceType":"Bundle"}}'.encode()
    assert [entry.raw.decode() for entry in parse_bundle(body).entries] == texts


def test_in_a_batch_a_fault_refuses_its_entry_alone() -> None:
    bundle = parsed(batch(put(patient()), put(observation(status="banana")), put(observation())))
    assert [refusal_reason(entry.issues) for entry in bundle.entries] == [None, Refusal.INVALID, None]
    (issue,) = bundle.entries[1].issues
    assert (str(issue.code), issue.expression) == ("code-invalid", "Bundle.entry[1].resource.status")
    assert (bundle.entries[1].type, bundle.entries[1].id, bundle.entries[1].method) == ("Observation", None, None)


ENTRIES: dict[str, tuple[Any, Refusal]] = {
    "a type that is not taken": (put({"resourceType": "Flag", "id": "f"}), Refusal.NOT_SUPPORTED),
    "an unknown type": (put({"resourceType": "Nope", "id": "n"}), Refusal.INVALID),
    "no type": ({"resource": {"id": "x"}, "request": {"method": "PUT", "url": "Patient/x"}}, Refusal.INVALID),
    "another address": (put(patient(), request={"method": "PUT", "url": "Patient/p2"}), Refusal.INVALID),
    "a relative fullUrl": (put(patient(), fullUrl="Patient/p1"), Refusal.INVALID),
    "PATCH": ({"request": {"method": "PATCH", "url": "Patient/p1"}}, Refusal.NOT_IMPLEMENTED),
    "a modifier extension": (
        put(patient(modifierExtension=[{"url": "http://example.org/x", "valueBoolean": True}])),
        Refusal.UNPROCESSABLE,
    ),
    "a string too long": (put(patient(name=[{"text": "x" * (1024 * 1024 + 1)}])), Refusal.TOO_LARGE),
}


@pytest.mark.parametrize("sentence", ENTRIES)
def test_in_a_batch_an_entry_is_refused_for(sentence: str) -> None:
    entry, reason = ENTRIES[sentence]
    faulty, sound = parsed(batch(entry, put(observation()))).entries
    assert (refusal_reason(faulty.issues), refusal_reason(sound.issues)) == (reason, None)


def test_in_a_batch_the_same_resource_may_be_written_twice() -> None:
    assert [entry.issues for entry in parsed(batch(put(patient()), put(patient()))).entries] == [(), ()]


def test_in_a_batch_a_fault_of_the_bundle_refuses_it() -> None:
    assert said(refusal(batch(put(patient()), {"resource": patient()}))) == [("invariant", "Bundle.entry[1].request")]


@pytest.mark.parametrize("make", [transaction, lambda *entries: collection(*(entry["resource"] for entry in entries))])
def test_elsewhere_any_fault_refuses_all_and_every_fault_is_named(make: Any) -> None:
    refused = refusal(make(put(patient(gender="M")), put(observation()), put(observation(status="banana", id="o2"))))
    assert said(refused) == [
        ("code-invalid", "Bundle.entry[0].resource.gender"),
        ("code-invalid", "Bundle.entry[2].resource.status"),
    ]


def test_the_gravest_reason_is_the_reason() -> None:
    bundle = transaction(put({"resourceType": "Flag", "id": "f"}), put(observation(status="banana")))
    assert refusal(bundle).reason == Refusal.INVALID


@pytest.mark.parametrize("count", [19, 20, 21, 400])
def test_at_most_twenty_faults_are_named(count: int) -> None:
    one_each = transaction(*(put(observation(id=f"o{number}", status="banana")) for number in range(count)))
    all_in_one = collection(patient(name=[{"use": "banana"}] * count))
    assert len(refusal(one_each).issues) == len(refusal(all_in_one).issues) == min(count, 20)


def test_faults_are_named_before_warnings() -> None:
    conditional = [put(observation(id=f"o{n}", subject={"reference": "Patient?x=1"})) for n in range(30)]
    refused = refusal(transaction(*conditional, put(patient(gender="M"))))
    assert str(refused.issues[0].severity) == "error"


ECHOES = {
    "a value": observation(status=MARK),
    "a number": observation(valueQuantity={"value": MARK}),
    "a reference": observation(subject={"reference": f"{MARK} {MARK}"}),
    "a type": {"resourceType": MARK},
    "a name": patient(**{f"{MARK} born 1970": "x"}),
    "a key": patient(**{f"x-{MARK}": "x"}),
    "a narrative": patient(text={"status": "generated", "div": f"<div>{MARK}<script/></div>"}),
}


@pytest.mark.parametrize("sentence", ECHOES)
def test_a_refusal_never_repeats(sentence: str) -> None:
    refused = refusal(collection(ECHOES[sentence]))
    assert is_clean(refused)
    assert MARK not in repr(refused.issues) + str(refused) + repr(refused)


def test_text_that_is_no_json_is_not_repeated_either() -> None:
    assert MARK not in repr(refusal(b'{"resourceType":"' + MARK.encode()).issues)


def test_a_second_version_under_one_full_url_is_no_duplicate() -> None:
    versions = [observation(id="o1", meta={"versionId": version}) for version in "12"]
    url = "http://ehr.example/fhir/Observation/o1"
    entries = [{"fullUrl": url, "resource": version} for version in versions]
    assert len(parsed(collection() | {"entry": entries}).entries) == 2


def test_an_absolute_url_without_a_type_says_nothing_of_the_resource() -> None:
    assert warnings(parsed(transaction(put(patient(), fullUrl="http://ehr.example/records/77")))) == []


def test_a_thousand_entries_are_read_in_order() -> None:
    bundle = parse_bundle(orjson.dumps(collection(*(patient(id=f"p{number}") for number in range(1000)))))
    assert [entry.id for entry in bundle.entries] == [f"p{number}" for number in range(1000)]
