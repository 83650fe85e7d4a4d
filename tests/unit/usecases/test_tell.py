"""The answer to a Bundle says of each entry what became of it as evidence, is quick, and never fails over reading."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from fhirsvc.domain.errors import Issue, Refused, Severity
from fhirsvc.fhir.extract import Extraction
from fhirsvc.fhir.fate import Reader, fates
from fhirsvc.usecases import tell
from fhirsvc.usecases.receipt import Change, Received
from tests.functional.vignettes.other import OTHER
from tests.functional.vignettes.spinal import SPINAL
from tests.functional.vignettes.story import Vignette
from tests.unit.usecases.clinic import Clinic, pain, patient, reflex


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


def answered(clinic: Clinic, *resources: dict[str, Any], kind: str = "batch") -> tuple[Received, ...]:
    entries = [
        {"resource": each, "request": {"method": "PUT", "url": f"{each['resourceType']}/{each['id']}"}}
        for each in resources
    ]
    return clinic.receipt({"resourceType": "Bundle", "type": kind, "entry": entries}).entries


def words(received: Received) -> list[tuple[str, ...]]:
    return [each.fates for each in (*received.issues, *received.fates)]


def report(text: str) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": "mri",
        "status": "final",
        "code": {"text": "MRI lumbar spine"},
        "subject": {"reference": "Patient/p1"},
        "presentedForm": [{"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}],
    }


def test_each_entry_has_its_own_fate_at_its_own_place(clinic: Clinic) -> None:
    tea = {**reflex(id_="tea"), "code": {"text": "Tea leaves"}}
    device = {"resourceType": "Device", "id": "d1"}
    entries = answered(clinic, patient(), pain(), tea, device)
    assert [words(each) for each in entries] == [[("used",)], [("used",)], [("unmapped",)], [("ignored",)]]
    assert entries[2].fates[0].expression == "Bundle.entry[2].resource.code"


def test_what_is_sent_again_has_the_same_fate(clinic: Clinic) -> None:
    first = answered(clinic, patient(), reflex())
    again = answered(clinic, patient(), reflex(), kind="transaction")
    assert [each.change for each in again] == [Change.UNCHANGED] * 2
    assert [each.fates for each in again] == [each.fates for each in first]


def test_an_entry_of_no_known_patient_is_never_said_to_be_used(clinic: Clinic) -> None:
    stray = {**reflex(), "subject": {"reference": "https://elsewhere.example/fhir/Patient/p1"}}
    [received] = answered(clinic, stray)
    assert words(received) == [("ignored",)]


def test_an_entry_that_is_refused_has_no_fate(clinic: Clinic) -> None:
    refused, taken = answered(clinic, {**reflex(), "status": "banana"}, reflex(id_="other"))
    assert (refused.change, refused.fates) == (Change.REFUSED, ())
    assert words(taken) == [("used",)]


def test_a_bundle_that_is_refused_says_nothing_of_fates(clinic: Clinic) -> None:
    with pytest.raises(Refused) as refused:
        answered(clinic, {**reflex(), "status": "banana"}, reflex(id_="other"), kind="transaction")
    assert [each.fates for each in refused.value.issues] == [()]


def test_a_long_text_is_left_to_the_worker_and_the_task_has_the_last_word(clinic: Clinic) -> None:
    text = "L5/S1: disc extrusion contacting the left S1 nerve root. "
    [short] = answered(clinic, report(text))
    [long] = answered(clinic, report(text * (tell.LONGEST_TEXT // len(text) + 1)))
    assert words(short) == [("used",)]
    assert words(long) == [("pending",)]
    assert "Task" in long.fates[0].text


def test_an_attachment_longer_than_any_text_may_be_is_kept_and_unread(clinic: Clinic) -> None:
    pdf = base64.b64encode(b"%PDF-1.7" + bytes(800_000)).decode()
    assert len(pdf) > 1024 * 1024
    scan = {**report(""), "presentedForm": [{"contentType": "application/pdf", "data": pdf}]}
    _, received = answered(clinic, patient(), scan, kind="transaction")
    assert (received.change, words(received)) == (Change.CREATED, [("pending",)])
    [judged] = clinic.answer(pain()).patients
    assert judged.answer is not None
    assert [(each.reference, each.why) for each in judged.answer.not_understood] == [
        ("DiagnosticReport/mri/_history/1", "unread")
    ]


def test_a_narrative_counts_for_no_long_text(clinic: Clinic) -> None:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{"word " * tell.LONGEST_TEXT}</div>'
    [received] = answered(clinic, {**reflex(), "text": {"status": "generated", "div": div}})
    assert words(received) == [("used",)]


def test_beyond_a_whole_bundle_of_text_the_rest_is_pending(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "LONGEST_BUNDLE", 1_300)
    entries = answered(clinic, *(reflex(id_=f"r{number}") for number in range(6)))
    found = [words(each) for each in entries]
    assert found[0] == [("used",)]
    assert found[-1] == [("pending",)]


def test_a_reading_that_breaks_off_refuses_nothing_and_says_so(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("Jane Doe")

    monkeypatch.setattr(tell, "extract", broken)
    [received] = answered(clinic, reflex())
    assert (received.change, words(received)) == (Change.CREATED, [("pending",)])
    assert "Jane" not in caplog.text
    assert len(caplog.records) == 1


def test_one_entry_that_breaks_the_reading_leaves_the_others_as_they_are(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken_for_one(kind: str, extraction: Extraction, reader: Reader, place: str) -> tuple[Issue, ...]:
        if kind == "Condition":
            raise ZeroDivisionError
        return fates(kind, extraction, reader, place)

    monkeypatch.setattr(tell, "fates", broken_for_one)
    entries = answered(clinic, patient(), pain(), reflex())
    assert [words(each) for each in entries] == [[("used",)], [("pending",)], [("used",)]]
    assert len(caplog.records) == 1


@pytest.mark.parametrize("named", ["Binary/note", "urn:uuid:00000000-0000-4000-8000-00000000000b"])
def test_a_note_in_a_binary_of_the_bundle_is_read_at_once_and_by_the_worker(clinic: Clinic, named: str) -> None:
    text = base64.b64encode(b"Left Achilles reflex absent.").decode()
    binary = {"resourceType": "Binary", "id": "note", "contentType": "text/plain", "data": text}
    document = {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "type": {"text": "Progress note"},
        "subject": {"reference": "Patient/p1"},
        "content": [{"attachment": {"contentType": "text/plain", "url": named}}],
    }
    full_url = named if named.startswith("urn:") else "https://ehr.example/fhir/Binary/note"
    entries = [{"resource": patient()}, {"fullUrl": full_url, "resource": binary}, {"resource": document}]
    receipt = clinic.receipt({"resourceType": "Bundle", "type": "collection", "entry": entries})
    assert [words(each) for each in receipt.entries] == [[("used",)], [("ignored",)], [("used",)]]
    clinic.work()
    [patient_told] = clinic.progress(receipt.submission).patients
    assert patient_told.answer is not None
    assert patient_told.answer.not_understood == ()


def said_at_once_and_in_the_end(clinic: Clinic, bundle: dict[str, Any]) -> tuple[set[Any], set[Any]]:
    """What was not understood, by resource version and word: in the answer to a Bundle, and in its Task."""
    receipt = clinic.receipt(bundle)
    clinic.work()
    told = {
        (f"{each.type}/{each.id}/_history/{each.version}", issue.fates[-1])
        for each in receipt.entries
        for issue in each.fates
        if issue.severity is Severity.WARNING
    }
    answers = [each.answer for each in clinic.progress(receipt.submission).patients]
    return told, {(each.reference, each.why) for answer in answers if answer for each in answer.not_understood}


def test_the_task_says_the_same_words_as_the_answer(clinic: Clinic) -> None:
    sent = (
        {**reflex(id_="tea"), "code": {"text": "Tea leaves"}},
        reflex("as expected of a poet", "poet"),
        {**reflex(id_="site"), "code": {"text": "reflex"}, "bodySite": {"text": "left"}},
    )
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in sent]}
    told, task = said_at_once_and_in_the_end(clinic, bundle)
    assert told == task
    assert {word for _, word in told} == {"unmapped", "unread", "needs-site"}


@pytest.mark.parametrize("vignette", [*SPINAL, *OTHER], ids=lambda each: each.number)
def test_of_every_vignette_answer_and_task_say_the_same(vignette: Vignette) -> None:
    told, task = said_at_once_and_in_the_end(Clinic(time=datetime.now(UTC)), vignette.bundle)
    assert told == task
