"""Documents and their attachments: which text is read, by what reader, and what is unread and never silence."""

import base64
from datetime import date
from typing import Any

import pytest

from fhirsvc.domain.evidence import Moment, Presence, Side, Status
from tests.unit.fhir.extracting import LEFT, LOINC, Json, attached, coded, fact, facts, observation, read, report, why

NOTE = coded(LOINC, "11506-3")
REFLEX = "Left ankle jerk absent."
CONTACT = "Left S1 root contact."


def document(text: str = "", type_: Json | None = None, **members: Any) -> Json:
    content = [{"attachment": attached(text)}] if text else []
    return {
        "resourceType": "DocumentReference",
        "id": "d1",
        "status": "current",
        "type": NOTE if type_ is None else type_,
        "date": "2026-02-20T10:00:00Z",
        "content": content,
        **members,
    }


def encoded(text: str, charset: str, content_type: str) -> Json:
    return {"contentType": content_type, "data": base64.b64encode(text.encode(charset)).decode()}


def of(attachment: Json, **members: Any) -> Json:
    return document(content=[{"attachment": attachment}], **members)


@pytest.mark.parametrize(
    "type_",
    [
        NOTE,
        coded(LOINC, "18842-5"),
        coded(LOINC, "34117-2"),
        coded(LOINC, "34109-9"),
        coded(LOINC, "34111-5"),
        coded(LOINC, "28570-0"),
        coded(LOINC, "34747-6"),
        coded(LOINC, "34131-3"),
        {"text": "Progress note"},
        {"text": "Clinic letter"},
        {"coding": [{"system": "urn:local", "code": "PN", "display": "Consult note"}]},
    ],
)
def test_a_clinical_note_is_read_as_prose(type_: Json) -> None:
    read_fact = fact(document(REFLEX, type_))
    assert (read_fact.concept, read_fact.side, read_fact.result) == ("achilles-reflex", Side.LEFT, "absent")
    source = read_fact.source
    assert (source.place, source.sentence) == ("content[0].attachment[sentence 1]", REFLEX)


def test_a_category_says_that_it_is_a_note_where_the_type_says_nothing() -> None:
    category = [coded("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note")]
    named = [{"text": "Clinical Note"}]
    local = {"text": "Form 17"}
    assert fact(document(REFLEX, local, category=named)).result == "absent"
    assert fact(document(REFLEX, local, category=category)).result == "absent"
    assert why(document(REFLEX, local)) == ["unmapped"]


@pytest.mark.parametrize(
    "type_", [coded(LOINC, "24968-0"), {"text": "MRI lumbar spine"}, {"text": "Lumbar MRI report"}]
)
def test_a_report_of_a_study_is_read_as_that_study(type_: Json) -> None:
    read_fact = fact(document(CONTACT, type_))
    assert (read_fact.concept, read_fact.result, str(read_fact.modality)) == ("nerve-root-contact", "contact", "MR")


@pytest.mark.parametrize("type_", [coded(LOINC, "18748-4"), {"text": "Radiology report"}, {}])
def test_a_report_that_says_at_its_beginning_what_it_is_of_is_read_as_that(type_: Json) -> None:
    assert fact(document(f"MRI lumbar spine: {CONTACT}", type_)).concept == "nerve-root-contact"


def test_a_note_that_names_a_study_stays_a_note() -> None:
    assert {each.concept for each in facts(document(f"MRI lumbar spine discussed. {REFLEX}"))} == {"achilles-reflex"}


def test_a_document_of_an_unknown_type_is_unmapped_with_its_code_for_the_map() -> None:
    (unread,) = read(document(REFLEX, coded("urn:local", "LEAFLET", text="Patient leaflet"))).unread
    assert (unread.place, unread.why, unread.system, unread.code) == ("type", "unmapped", "urn:local", "LEAFLET")
    assert unread.display == "Patient leaflet"


def test_a_report_of_another_part_of_the_body_says_nothing() -> None:
    sent = document("Left C6 root contact.", {"text": "MRI cervical spine"})
    assert (facts(sent), why(sent)) == ((), [])


@pytest.mark.parametrize(
    "content_type", ["application/pdf", "application/rtf", "text/rtf", "image/png", "text/html", "text/xml", ""]
)
def test_a_format_that_is_not_plain_text_is_unread(content_type: str) -> None:
    (unread,) = read(of(encoded(REFLEX, "utf-8", content_type))).unread
    assert (unread.place, unread.why, unread.display) == ("content[0].attachment", "unread", content_type)
    assert facts(of(encoded(REFLEX, "utf-8", content_type))) == ()


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [
        ("utf-8", "text/plain"),
        ("utf-8", "TEXT/PLAIN; charset=UTF-8"),
        ("utf-8", 'text/plain; format=flowed; charset="utf-8"'),
        ("iso-8859-1", "text/plain;charset=ISO-8859-1"),
        ("windows-1252", "text/plain; charset=windows-1252"),
        ("utf-16", "text/plain; charset=utf-16"),
    ],
)
def test_plain_text_is_read_in_the_charset_it_names(charset: str, content_type: str) -> None:
    text = f"André: {REFLEX}"
    assert fact(of(encoded(text, charset, content_type))).result == "absent"


@pytest.mark.parametrize(
    "attachment",
    [
        encoded(f"André: {REFLEX}", "iso-8859-1", "text/plain"),
        encoded(REFLEX, "utf-8", "text/plain; charset=rot13"),
        encoded(REFLEX, "utf-8", "text/plain; charset=klingon"),
        {"contentType": "text/plain", "data": "****"},
        {"contentType": "text/plain"},
        {"contentType": "text/plain", "url": "Binary/elsewhere"},
        {},
    ],
)
def test_a_text_that_cannot_be_decoded_or_is_not_here_is_unread(attachment: Json) -> None:
    assert (facts(of(attachment)), why(of(attachment))) == ((), ["unread"])


def test_base64_may_be_broken_into_lines() -> None:
    data = base64.encodebytes(f"{REFLEX} {'x' * 100}".encode()).decode()
    assert facts(of({"contentType": "text/plain", "data": data}))


@pytest.mark.parametrize("tag", ["de", "fr-CA", "es"])
def test_a_text_in_another_language_is_unread_wherever_the_language_stands(tag: str) -> None:
    spoken = attached(REFLEX) | {"language": tag}
    binary = {"resourceType": "Binary", "id": "b1", "language": tag} | attached(REFLEX)
    referring = of({"contentType": "text/plain", "url": "Binary/b1"})
    assert why(of(spoken)) == why(document(REFLEX, language=tag)) == why(referring, binary) == ["unread"]
    assert facts(of(spoken), document(REFLEX, language=tag), referring, binary) == ()


def test_english_of_any_country_is_read_and_an_attachment_speaks_for_itself() -> None:
    assert facts(document(REFLEX, language="en-AU"))
    assert facts(of(attached(REFLEX) | {"language": "en"}, language="de"))


def test_a_conclusion_or_attachment_of_a_report_in_another_language_is_unread() -> None:
    assert why(report("Kontakt der Wurzel S1 links.", language="de")) == ["unread"]
    assert why(report(presentedForm=[attached(CONTACT) | {"language": "fr"}])) == ["unread"]


def test_the_text_of_a_binary_among_the_records_is_the_documents_and_counts_once() -> None:
    binary = {"resourceType": "Binary", "id": "b1"} | attached(REFLEX)
    url = {"contentType": "text/plain", "url": "http://ehr.example/fhir/Binary/b1"}
    assert fact(of(url), binary).source.reference == "DocumentReference/d1/_history/1"
    assert facts(report(presentedForm=[{"url": "Binary/b1"}]), {**binary, **attached(CONTACT)})


def test_a_binary_that_nothing_refers_to_is_unread() -> None:
    (unread,) = read({"resourceType": "Binary", "id": "b1"} | attached(REFLEX)).unread
    assert (unread.reference, unread.place, unread.why) == ("Binary/b1/_history/1", "data", "unread")


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, Status.FINAL),
        ({"docStatus": "final"}, Status.FINAL),
        ({"docStatus": "amended"}, Status.FINAL),
        ({"docStatus": "preliminary"}, Status.PRELIMINARY),
        ({"docStatus": "entered-in-error"}, Status.ENTERED_IN_ERROR),
        ({"status": "entered-in-error"}, Status.ENTERED_IN_ERROR),
        ({"status": "entered-in-error", "docStatus": "final"}, Status.ENTERED_IN_ERROR),
    ],
)
def test_the_status_of_a_document_is_that_of_its_facts(members: Json, expected: Status) -> None:
    assert fact(document(REFLEX, **members)).status is expected


@pytest.mark.parametrize("status", ["superseded", "unknown", None])
def test_a_superseded_document_is_no_fact(status: Any) -> None:
    assert (facts(document(REFLEX, status=status)), why(document(REFLEX, status=status))) == ((), [])


def replacing(code: str = "replaces", **members: Any) -> Json:
    related = [{"code": code, "target": {"reference": "DocumentReference/d1"}}]
    return document("Left ankle jerk normal.", id="d2", relatesTo=related, **members)


def test_a_document_that_another_replaces_is_no_fact_whatever_its_status() -> None:
    assert [each.result for each in facts(document(REFLEX), replacing())] == ["normal"]
    assert [each.result for each in facts(document(REFLEX), replacing("appends"))] == ["absent", "normal"]


@pytest.mark.parametrize(
    "members", [{"docStatus": "entered-in-error"}, {"status": "entered-in-error"}, {"status": "superseded"}]
)
def test_a_document_in_error_replaces_nothing(members: Json) -> None:
    assert "absent" in [each.result for each in facts(document(REFLEX), replacing(**members))]


@pytest.mark.parametrize(
    ("members", "day"),
    [
        ({}, date(2026, 2, 20)),
        ({"content": [{"attachment": attached(REFLEX) | {"creation": "2026-01-05"}}]}, date(2026, 1, 5)),
        ({"context": {"period": {"start": "2026-01-03", "end": "2026-01-03"}}}, date(2026, 1, 3)),
        ({"date": None}, None),
    ],
)
def test_a_document_is_dated_by_the_care_it_tells_of_then_by_its_writing_then_by_its_filing(
    members: Json, day: date | None
) -> None:
    recorded = fact(document(REFLEX) | members).recorded
    assert (recorded.earliest if recorded else None) == day


def test_a_note_sent_as_a_diagnostic_report_is_read_as_prose() -> None:
    sent = report("", NOTE, presentedForm=[attached(REFLEX)])
    assert (fact(sent).concept, fact(sent).recorded) == ("achilles-reflex", Moment.day(date(2026, 1, 10)))


def test_an_unread_attachment_is_counted_even_where_the_report_itself_is_not_understood() -> None:
    pdf = {"contentType": "application/pdf", "data": "JVBERg=="}
    assert sorted(why(report("", "Letter", presentedForm=[pdf]))) == ["unmapped", "unread"]


def test_what_a_note_denies_is_absent_and_what_it_does_not_say_is_not() -> None:
    found = {each.side: each.presence for each in facts(document(f"{REFLEX} Right ankle jerk normal."))}
    assert found == {Side.LEFT: Presence.PRESENT, Side.RIGHT: Presence.ABSENT}


FOREIGN = [
    "Der Patient klagt seit drei Wochen über Schmerzen an der rechten Ferse. ASR links absent, nicht auslösbar.",
    "Refiere dolor en el talón izquierdo desde hace dos meses, sin trauma. Left ankle jerk absent.",
    "Douleur du talon gauche depuis trois semaines, sans fièvre, pas de lombalgie. Réflexe S1 absent.",
    "Pijn aan de linker hiel sinds drie weken, geen rugpijn. Ankle jerk absent.",
    "Боль в левой пятке три недели. Ахиллов рефлекс слева отсутствует.",
]
TELEGRAPHIC = "AJ L absent R ++, SLR L pos 40, NWB, MRI L5/S1 ordered, d/w Dr van der Berg and Dr de la Cruz."


@pytest.mark.parametrize("text", FOREIGN)
def test_a_note_in_another_language_is_unread_and_no_part_of_it_is_taken(text: str) -> None:
    assert why(document(text)) == ["unread"]
    assert facts(document(text)) == ()


@pytest.mark.parametrize("text", FOREIGN)
def test_prose_in_another_language_is_unread_wherever_prose_is_read(text: str) -> None:
    noted = {**observation("Achilles reflex", valueString="absent", note=[{"text": text}]), "bodySite": LEFT}
    assert why(noted) == ["unread"]
    assert [each.result for each in facts(noted)] == ["absent"]
    assert why(report(text)) == ["unread"]
    assert facts(report(text)) == ()


@pytest.mark.parametrize("text", [TELEGRAPHIC, f"{TELEGRAPHIC} Pt. Maria von Ohne.", "AJ links absent"])
def test_english_without_small_words_and_with_names_is_read(text: str) -> None:
    assert why(document(text)) == []


def test_an_english_note_that_quotes_words_of_another_language_is_read() -> None:
    quoted = f'He calls it "dolor con la pierna". {REFLEX} There is no pain at the back of the left heel.'
    assert "absent" in {each.result for each in facts(document(quoted))}
