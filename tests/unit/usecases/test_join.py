"""The same person sent twice is one patient: one answer whatever the order, two again when they are two after all."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.usecases import work
from fhirsvc.usecases.consult import consult, opened
from fhirsvc.usecases.known import known
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.read import Answer, Progress
from fhirsvc.usecases.receipt import Change, Received
from tests.unit.usecases.clinic import NOON, TENANT, Clinic, judge, leg_raise, pain, patient, reflex, tags

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
NUMBER = {"type": {"coding": [{"system": V2, "code": "MR"}]}, "system": "urn:clinic", "value": "77"}
BY_NUMBER = {"identifier": {"system": "urn:clinic", "value": "77"}}


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def merged(into: str, type_: str = "replaced-by") -> dict[str, Any]:
    return {"link": [{"other": {"reference": f"Patient/{into}"}, "type": type_}]}


def a_half(of: str = "a") -> list[dict[str, Any]]:
    """The complaint, and the reflexes that speak for the back."""
    return [pain("pain", of=of), reflex("absent", "reflex", of=of), reflex("normal", "other", of=of, side="right")]


def b_half(of: str = "b") -> list[dict[str, Any]]:
    """The leg raise without which nothing is indicated."""
    return [leg_raise("positive", "slr", of=of)]


def told(progress: Progress) -> dict[str, tuple[str, Answer]]:
    """By Patient of the submission the one it was written for, and the answer."""
    return {each.patient: (each.survivor, each.answer) for each in progress.patients if each.answer}


def outcome(clinic: Clinic, of: str) -> str:
    """What stands for a Patient, "" = nothing."""
    stands = [each for each in clinic.current() if each["subject"]["reference"] == f"Patient/{of}"]
    return stands[0]["finding"][0]["itemCodeableConcept"]["coding"][0]["code"] if stands else ""


def standing(clinic: Clinic) -> dict[str, str]:
    """The outcome that stands by Patient."""
    subjects = {each["subject"]["reference"].removeprefix("Patient/") for each in clinic.current()}
    return {each: outcome(clinic, each) for each in sorted(subjects)}


def active_flags(clinic: Clinic) -> list[str]:
    return [each["subject"]["reference"] for each in clinic.flags() if each["status"] == "active"]


def last_key(clinic: Clinic, of: str) -> str:
    with clinic.store.reading() as transaction:
        last = transaction.patients.last(TENANT, of, judge().protocol.name)
    return last.key if last else ""


ORDERS = list(itertools.permutations(range(4)))


@pytest.mark.parametrize(
    ("a", "b", "survivor"),
    [
        (patient("a", **merged("b")), patient("b"), "b"),
        (patient("a"), patient("b", **merged("a", "replaces")), "b"),
        (patient("a", **merged("b", "refer")), patient("b"), "b"),
        (patient("a"), patient("b", **merged("a", "seealso")), "a"),
        (patient("a", identifier=[NUMBER]), patient("b", identifier=[NUMBER]), "a"),
    ],
)
def test_the_answer_is_one_and_the_same_in_every_order_of_arrival(
    a: dict[str, Any], b: dict[str, Any], survivor: str
) -> None:
    keys = set()
    for order in ORDERS:
        clinic = Clinic()
        for number in order:
            clinic.answer(*[[a], [b], a_half(), b_half()][number])
            clinic.later(minutes=1)
        assert standing(clinic) == {survivor: "indicated"}
        assert active_flags(clinic) == [f"Patient/{survivor}"]
        keys.add(last_key(clinic, survivor))
    assert len(keys) == 1


def test_all_in_one_bundle_is_one_person_at_once(clinic: Clinic) -> None:
    progress = clinic.answer(*a_half(), *b_half(), patient("a", **merged("b")), patient("b"))
    assert {of: (survivor, answer.outcome) for of, (survivor, answer) in told(progress).items()} == {
        "a": ("b", "indicated"),
        "b": ("b", "indicated"),
    }
    assert [each["subject"]["reference"] for each in clinic.impressions()] == ["Patient/b"]


def test_a_merge_withdraws_what_stood_for_the_other_once_and_says_why(clinic: Clinic) -> None:
    first = told(clinic.answer(patient("a"), *a_half(), *b_half("a")))["a"][1]
    clinic.later(days=1)
    after = told(clinic.answer(patient("a", **merged("b")), patient("b")))
    assert after["a"] == after["b"]
    assert after["a"][0] == "b"
    old = next(each for each in clinic.impressions() if each["id"] == first.impression)
    assert (old["status"], "withdrawn" in tags(old), old["meta"]["versionId"]) == ("completed", True, "2")
    assert "merged" in old["note"][-1]["text"]
    assert "Patient/b" in old["note"][-1]["text"]
    assert active_flags(clinic) == ["Patient/b"]
    before = clinic.impressions() + clinic.flags()
    clinic.later(days=1)
    clinic.answer(*a_half(), patient("a", **merged("b"), telecom=[{"value": "555"}]))
    assert clinic.impressions() + clinic.flags() == before


def test_a_merge_that_changes_nothing_for_the_survivor_writes_nothing_for_it(clinic: Clinic) -> None:
    clinic.answer(patient("b"), *a_half("b"), *b_half("b"))
    before = clinic.impressions() + clinic.flags()
    progress = clinic.answer(
        patient("a", **merged("b")), reflex("1.80", "height", of="a") | {"code": {"text": "Height"}}
    )
    assert clinic.impressions() + clinic.flags() == before
    assert told(progress)["a"][1].impression == before[0]["id"]


def test_what_is_sent_for_a_merged_patient_later_decides_for_the_person(clinic: Clinic) -> None:
    clinic.answer(patient("a", **merged("b")), patient("b"), *a_half())
    progress = clinic.answer(*b_half("a"))
    assert told(progress)["a"][0] == "b"
    assert told(progress)["a"][1].outcome == "indicated"
    assert [each["subject"]["reference"] for each in clinic.impressions()] == ["Patient/b"] * 2


def test_who_is_linked_to_a_patient_yet_unknown_keeps_its_chart_until_that_one_comes(clinic: Clinic) -> None:
    clinic.answer(patient("a", **merged("b")), *a_half(), *b_half("b"))
    assert standing(clinic) == {"a": "indicated"}
    clinic.answer(patient("b"))
    assert standing(clinic) == {"b": "indicated"}


@pytest.mark.parametrize(
    ("joined", "apart"),
    [
        (patient("a", **merged("b")), patient("a")),
        (patient("a", identifier=[NUMBER]), patient("a", identifier=[{**NUMBER, "value": "78"}])),
        (patient("a", identifier=[NUMBER]), patient("a", identifier=[{**NUMBER, "use": "old"}])),
        (patient("a", identifier=[NUMBER]), patient("a", identifier=[NUMBER], birthDate="1981-01-01")),
    ],
)
def test_a_link_or_number_that_is_gone_splits_and_both_halves_decide_again(
    clinic: Clinic, joined: dict[str, Any], apart: dict[str, Any]
) -> None:
    clinic.answer(joined, patient("b", identifier=[NUMBER]), *a_half(), *b_half())
    assert list(standing(clinic).values()) == ["indicated"]
    clinic.later(days=1)
    progress = clinic.answer(apart)
    assert {of: survivor for of, (survivor, _) in told(progress).items()} == {"a": "a", "b": "b"}
    assert told(progress)["b"][1].outcome == "not-applicable"
    assert outcome(clinic, "a") not in {"", "indicated"}
    assert outcome(clinic, "b") == ""
    alone = Clinic()
    alone.answer(apart, *a_half())
    assert last_key(alone, "a") == last_key(clinic, "a")


def test_joined_split_and_joined_again_writes_each_time_and_keeps_the_chains_whole(clinic: Clinic) -> None:
    clinic.answer(patient("b"), *a_half(), *b_half("a"))
    for link in (merged("b"), {}, merged("b")):
        clinic.answer(patient("a", **link))
        clinic.later(days=1)
        assert list(standing(clinic)) == (["b"] if link else ["a"])
        assert len(active_flags(clinic)) == 1
    impressions = {each["id"]: each for each in clinic.impressions()}
    for each in impressions.values():
        if "previous" in each:
            previous = impressions[each["previous"]["reference"].removeprefix("ClinicalImpression/")]
            assert previous["subject"] == each["subject"]


def remarks(clinic: Clinic, *resources: dict[str, Any]) -> list[str]:
    """What is remarked on the last of these resources."""
    entry = entries(clinic, *resources)[-1]
    clinic.work()
    return [each.text for each in entry.issues]


def entries(clinic: Clinic, *resources: dict[str, Any]) -> tuple[Received, ...]:
    return clinic.receipt(collection(list(resources))).entries


@pytest.mark.parametrize("against", [{"birthDate": "1981-01-01"}, {"gender": "male"}])
def test_two_who_contradict_each_other_are_kept_apart_with_a_warning(clinic: Clinic, against: dict[str, Any]) -> None:
    clinic.answer(patient("a", identifier=[NUMBER], gender="female"), *a_half())
    (said,) = remarks(clinic, *b_half(), patient("b", identifier=[NUMBER], **against))
    assert "kept apart" in said
    assert "indicated" not in standing(clinic).values()
    assert list(standing(clinic)) == ["a"]


def test_a_third_who_contradicts_splits_two_who_share_a_number(clinic: Clinic) -> None:
    clinic.answer(patient("a", identifier=[NUMBER]), patient("b", identifier=[NUMBER]), *a_half(), *b_half())
    assert standing(clinic) == {"a": "indicated"}
    clinic.answer(patient("c", identifier=[NUMBER], birthDate="1990"))
    assert standing(clinic)["a"] != "indicated"
    clinic.answer(patient("c", birthDate="1990"))
    assert standing(clinic) == {"a": "indicated"}


def test_a_link_against_what_is_recorded_joins_with_a_warning(clinic: Clinic) -> None:
    clinic.answer(patient("b"), *a_half(), *b_half())
    (said,) = remarks(clinic, patient("a", birthDate="1950", **merged("b")))
    assert "contradict" in said
    assert standing(clinic) == {"b": "indicated"}


def test_an_address_that_is_unknown_in_a_later_bundle_does_not_undo_a_link(clinic: Clinic) -> None:
    base = "https://ehr.example/fhir"
    linked = patient("a", link=[{"other": {"reference": f"{base}/Patient/b"}, "type": "replaced-by"}])
    first = collection([linked, patient("b"), *a_half()])
    first["entry"][-1]["fullUrl"] = f"{base}/Observation/other"
    clinic.receipt(first)
    clinic.work()
    assert list(standing(clinic)) == ["b"]
    clinic.answer(linked)
    assert list(standing(clinic)) == ["b"]
    clinic.answer({**linked, "active": False})
    assert list(standing(clinic)) == ["a"]


def test_a_link_to_nobody_known_is_remarked_upon(clinic: Clinic) -> None:
    (said,) = remarks(
        clinic, patient("a", link=[{"other": {"reference": "https://x.example/Patient/b"}, "type": "seealso"}])
    )
    assert "nobody known" in said


@pytest.mark.parametrize(
    ("a", "b", "answer"),
    [
        ({"birthDate": "2015", **merged("b")}, {"birthDate": "1980"}, "indicated"),
        ({"birthDate": "1980", **merged("b")}, {"birthDate": "2015"}, ""),
        ({"birthDate": "2015", **merged("b")}, {}, ""),
        ({"birthDate": "2015", **merged("b", "seealso")}, {"birthDate": "1980"}, "indicated"),
        ({"deceasedBoolean": True, **merged("b")}, {"deceasedBoolean": False}, "indicated"),
        ({"deceasedBoolean": True, **merged("b")}, {}, ""),
        ({**merged("b")}, {"deceasedBoolean": True}, ""),
        ({"deceasedBoolean": True, **merged("b", "seealso")}, {"deceasedBoolean": False}, "indicated"),
    ],
)
def test_the_surviving_record_says_who_the_person_is_and_a_conflict_of_equals_is_unknown(
    clinic: Clinic, a: dict[str, Any], b: dict[str, Any], answer: str
) -> None:
    one, other = ({"resourceType": "Patient", "id": id_, **more} for id_, more in (("a", a), ("b", b)))
    clinic.answer(one, other, *a_half(), *b_half())
    assert (list(standing(clinic).values()) or [""]) == [answer]


def named_by_number(*resources: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**each, "subject": BY_NUMBER} for each in resources]


def whose(clinic: Clinic, id_: str = "slr", type_: str = "Observation") -> str | None:
    with clinic.store.reading() as transaction:
        head: Version = transaction.resources.heads(TENANT, [(type_, id_)])[type_, id_]
    return head.patient


@pytest.mark.parametrize("together", [True, False])
def test_a_subject_named_by_identifier_alone_is_the_patient_that_bears_it(clinic: Clinic, together: bool) -> None:
    resources = [patient("a", identifier=[NUMBER]), *named_by_number(*a_half(), *b_half())]
    for order in (resources, list(reversed(resources))):
        clinic = Clinic()
        for some in [order] if together else [[each] for each in order]:
            clinic.answer(*some)
        assert standing(clinic) == {"a": "indicated"}
        assert {whose(clinic, each) for each in ("slr", "reflex", "other")} == {"a"}


def test_a_conditional_reference_names_the_patient_that_bears_the_identifier(clinic: Clinic) -> None:
    clinic.answer(patient("a", identifier=[NUMBER]))
    (raised,) = b_half()
    asked = {**raised, "subject": {"reference": "Patient?identifier=urn:clinic|77"}}
    request = {"method": "PUT", "url": f"Observation/{raised['id']}"}
    clinic.receipt(
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": asked, "request": request}]}
    )
    assert whose(clinic) == "a"


def test_until_somebody_bears_the_identifier_its_sender_is_told(clinic: Clinic) -> None:
    (said,) = remarks(clinic, *named_by_number(*b_half()))
    assert "no Patient here bears" in said
    assert whose(clinic) is None
    clinic.answer(patient("a", identifier=[NUMBER]))
    assert whose(clinic) == "a"


def test_an_identifier_of_two_persons_names_neither(clinic: Clinic) -> None:
    clinic.answer(patient("a", identifier=[NUMBER]), patient("b", identifier=[NUMBER], birthDate="1990"))
    (said,) = remarks(clinic, *named_by_number(*b_half()))
    assert "several Patients" in said
    assert whose(clinic) is None
    clinic.answer(patient("b", birthDate="1990"))
    assert whose(clinic) == "a"


def test_the_patient_of_the_same_bundle_is_meant_before_others(clinic: Clinic) -> None:
    clinic.answer(patient("a", identifier=[NUMBER]))
    clinic.answer(patient("b", identifier=[NUMBER], birthDate="1990"), *named_by_number(*b_half()))
    assert whose(clinic) == "b"


def test_an_identifier_of_one_person_names_it_even_if_two_patients_bear_it(clinic: Clinic) -> None:
    clinic.answer(patient("a", identifier=[NUMBER], **merged("b")), patient("b", identifier=[NUMBER]))
    again = named_by_number(*a_half(), *b_half())
    clinic.answer(*again)
    assert standing(clinic) == {"b": "indicated"}
    assert {each.change for each in entries(clinic, *reversed(again))} == {Change.UNCHANGED}


def test_evidence_follows_an_identifier_that_is_corrected(clinic: Clinic) -> None:
    clinic.answer(patient("a", identifier=[NUMBER]), *a_half(), *named_by_number(*b_half()))
    assert standing(clinic) == {"a": "indicated"}
    clinic.answer(patient("a"))
    assert whose(clinic) is None
    assert "indicated" not in standing(clinic).values()
    clinic.answer(patient("c", identifier=[NUMBER]))
    assert whose(clinic) == "c"


def test_evidence_that_goes_to_a_patient_who_was_not_sent_decides_for_that_one_too(clinic: Clinic) -> None:
    clinic.answer(patient("a", identifier=[NUMBER]), *named_by_number(*a_half(), *b_half()))
    clinic.answer(patient("b", identifier=[NUMBER], birthDate="1990"))
    assert standing(clinic) == {"a": "indicated"}
    clinic.answer(patient("a"))
    assert (whose(clinic), standing(clinic)) == ("b", {"b": "indicated"})


def test_an_identifier_of_two_names_them_once_they_are_one_person(clinic: Clinic) -> None:
    plain = {"system": "urn:clinic", "value": "77"}
    clinic.answer(patient("a", identifier=[plain]), patient("b", identifier=[plain]))
    clinic.answer(*named_by_number(*b_half()))
    assert whose(clinic) is None
    clinic.answer(patient("c", link=[*merged("a", "replaces")["link"], *merged("b", "replaces")["link"]]))
    assert whose(clinic) == "a"


def test_who_loses_all_evidence_has_nothing_standing(clinic: Clinic) -> None:
    clinic.answer(*a_half("a"), *b_half("a"))
    assert standing(clinic) == {"a": "indicated"}
    progress = clinic.answer(*a_half("z"), *b_half("z"))
    assert progress.state is SubmissionState.COMPLETED
    assert standing(clinic) == {"z": "indicated"}


def at(place: str, act: Callable[[], object]) -> Callable[[str], None]:
    """A failpoint that acts once, at this place."""
    acted: list[str] = []

    def pass_by(name: str) -> None:
        if name == place and not acted:
            acted.append(name)
            act()

    return pass_by


@pytest.mark.parametrize("place", ["work.after-claim", "work.evaluate", "work.before-transaction"])
@pytest.mark.parametrize("also_worked", [False, True])
@pytest.mark.parametrize(
    ("before", "after", "stands"),
    [
        (patient("a"), [patient("a", **merged("b"))], {"b": "indicated"}),
        (patient("a", **merged("b")), [patient("a")], {"a": "indicated"}),
        (patient("a"), [patient("a", **merged("b")), patient("a")], {"a": "indicated"}),
        (patient("a", **merged("b")), [patient("a"), patient("a", **merged("b"))], {"b": "indicated"}),
    ],
)
def test_a_merge_or_split_during_the_work_leaves_one_answer(
    clinic: Clinic,
    place: str,
    also_worked: bool,
    before: dict[str, Any],
    after: list[dict[str, Any]],
    stands: dict[str, str],
) -> None:
    clinic.answer(patient("b"))
    first = clinic.post(before, *a_half("a"), *b_half("a"))

    def something_happens() -> None:
        for each in after:
            clinic.later(minutes=1)
            clinic.post(each)
            if also_worked:
                while work.run_ready(clinic.worker()):
                    pass

    work.run_ready(clinic.worker(at(place, something_happens)))
    clinic.work()
    assert standing(clinic) == stands
    assert active_flags(clinic) == [f"Patient/{each}" for each in stands]
    assert clinic.progress(first).state is SubmissionState.COMPLETED
    if len(after) == 1:
        assert {each["subject"]["reference"] for each in clinic.impressions()} == {f"Patient/{each}" for each in stands}
    with clinic.store.reading() as transaction:
        assert known(transaction, TENANT, "a" if "b" in stands else "never", judge().protocol.name) is None


def test_submissions_and_workers_at_once_end_in_one_answer(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite")
    clinic = Clinic(store)
    linked = patient("a", **merged("b"))
    turns = [[linked], [patient("b")], a_half(), b_half(), [patient("a")], [linked], [patient("c", **merged("b"))]]
    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(clinic.answer, *some) for some in turns for _ in range(2)]
        assert all(each.result() for each in done)
    clinic.answer(linked)
    assert standing(clinic) == {"b": "indicated"}
    assert active_flags(clinic) == ["Patient/b"]
    store.close()


def test_a_patient_is_served_as_it_was_sent_whoever_it_was_joined_with(clinic: Clinic) -> None:
    clinic.answer(patient("a", **merged("b")), patient("b"), *a_half())
    (version,) = clinic.versions("Patient", "a")
    assert json.loads(version.body)["link"] == merged("b")["link"]
    assert whose(clinic, "reflex") == "a"


@pytest.mark.parametrize("order", [1, -1])
def test_files_at_hand_are_joined_like_what_is_posted(order: int) -> None:
    files = [
        [patient("a", **merged("b"), identifier=[NUMBER]), *a_half()],
        [{"resourceType": "Patient", "id": "b"}],
        named_by_number(*b_half()),
        [patient("z"), pain("pain-z", of="z")],
    ]
    bundles = [opened(json.dumps(collection(each)).encode(), NOON) for each in files[::order]]
    found = {each.patient: each.assessment for each in consult(bundles, judge(), NOON.date())}
    assert sorted(found) == ["b", "z"]
    assert found["b"].strongest == "indicated"
    assert found["b"].person.birth is not None


def collection(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in resources]}
