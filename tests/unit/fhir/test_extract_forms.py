"""Forms: an answer is a fact of its question, a question alone is nothing, and follow-ups say side and onset."""

from datetime import date
from typing import Any

import pytest

from fhirsvc.domain.evidence import Fact, Moment, Presence, Side, Status
from tests.unit.fhir.extracting import OWN, Json, fact, facts, read, why

YES: Json = {"valueBoolean": True}
NO: Json = {"valueBoolean": False}


def item(text: str, *answers: Json, **members: Any) -> Json:
    return {"linkId": "1", "text": text, **({"answer": list(answers)} if answers else {}), **members}


def form(*items: Json, **members: Any) -> Json:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": "q1",
        "status": "completed",
        "authored": "2026-02-20",
        "item": list(items),
        **members,
    }


def said(*items: Json) -> list[tuple[str, Presence, Side]]:
    return [(each.concept, each.presence, each.side) for each in facts(form(*items))]


@pytest.mark.parametrize(
    ("answer", "presence"),
    [
        (YES, Presence.PRESENT),
        (NO, Presence.ABSENT),
        ({"valueCoding": {"system": "http://snomed.info/sct", "code": "373066001"}}, Presence.PRESENT),
        ({"valueCoding": {"system": "urn:local", "code": "1", "display": "Yes"}}, Presence.PRESENT),
        ({"valueCoding": {"system": "urn:local", "code": "0", "display": "No"}}, Presence.ABSENT),
        ({"valueString": "yes"}, Presence.PRESENT),
        ({"valueString": "none"}, Presence.ABSENT),
        ({"valueInteger": 7}, Presence.PRESENT),
        ({"valueDecimal": 0}, Presence.ABSENT),
        ({"valueQuantity": {"value": 6, "code": "{score}"}}, Presence.PRESENT),
        ({"valueString": "not sure what to say"}, Presence.UNKNOWN),
        ({"valueDate": "2026-01-01"}, Presence.UNKNOWN),
        ({"valueAttachment": {"contentType": "image/png"}}, Presence.UNKNOWN),
    ],
)
def test_an_answer_answers_its_question_as_a_value_of_an_observation_does(answer: Json, presence: Presence) -> None:
    read_fact = fact(form(item("Heel pain", answer)))
    assert (read_fact.concept, read_fact.presence) == ("heel-pain", presence)
    assert (read_fact.recorded, read_fact.source.place) == (Moment.day(date(2026, 2, 20)), "item[0]")


def test_a_question_without_an_answer_says_nothing_however_it_is_worded() -> None:
    silent = form(item("Saddle numbness"), item("No heel pain"), item("Absent left ankle jerk"), item("Heel pain", {}))
    assert (facts(silent), why(silent)) == ((), [])


@pytest.mark.parametrize(
    "text",
    [
        "Do you have heel pain?",
        "1. Do you have any heel pain?",
        "2.3) Are you experiencing heel pain?",
        "b) Is there heel pain?",
        "Current heel pain",
        "HEEL PAIN?",
    ],
)
def test_a_question_is_known_without_its_number_and_the_words_it_begins_with(text: str) -> None:
    assert said(item(text, YES)) == [("heel-pain", Presence.PRESENT, Side.UNKNOWN)]


@pytest.mark.parametrize(
    "text", ["Have you ever had heel pain?", "Did your mother have heel pain?", "Are you afraid of heel pain?"]
)
def test_a_question_that_asks_something_else_is_unmapped(text: str) -> None:
    sent = form(item(text, YES))
    assert (facts(sent), why(sent)) == ((), ["unmapped"])


def test_an_unmapped_question_is_told_once_by_its_own_words() -> None:
    (unread,) = read(form(item("Favourite colour", {"valueString": "Red"}, {"valueString": "Blue"}))).unread
    assert (unread.place, unread.why, unread.display) == ("item[0]", "unmapped", "Favourite colour")


@pytest.mark.parametrize("definition", [f"{OWN}#achilles-reflex", f"{OWN}|achilles-reflex"])
def test_a_definition_names_the_question_by_its_code(definition: str) -> None:
    asked = item("Item 4b", {"valueString": "2+"}, definition=definition)
    assert fact(form(asked)).result == "normal"


def test_a_link_names_the_question_only_where_nothing_else_does() -> None:
    bare = {"linkId": "heel-pain", "answer": [YES]}
    assert said(bare) == [("heel-pain", Presence.PRESENT, Side.UNKNOWN)]
    assert said({**bare, "text": "Something else"}) == []


def test_a_follow_up_question_gives_the_side_and_the_onset_of_what_was_answered() -> None:
    follow = [
        item("Which side?", {"valueCoding": {"display": "Left"}}),
        item("For how long?", {"valueString": "3 months"}),
    ]
    for asked in (item("Heel pain", {**YES, "item": follow}), item("Heel pain", YES, item=follow)):
        read_fact = fact(form(asked))
        assert (read_fact.side, read_fact.onset) == (Side.LEFT, Moment.day(date(2025, 11, 20)))
        assert why(form(asked)) == []


@pytest.mark.parametrize(
    ("answer", "onset"),
    [
        ({"valueDate": "2026-01"}, Moment.days(date(2026, 1, 1), date(2026, 1, 31))),
        ({"valueDateTime": "2026-01-03"}, Moment.day(date(2026, 1, 3))),
        ({"valueString": "8 weeks ago"}, Moment.day(date(2025, 12, 26))),
        ({"valueString": "since 2024"}, Moment.days(date(2024, 1, 1), date(2024, 12, 31))),
        ({"valueQuantity": {"value": 10, "code": "d"}}, Moment.day(date(2026, 2, 10))),
        ({"valueString": "a long time"}, None),
        ({"valueInteger": 3}, None),
    ],
)
def test_an_onset_is_a_date_or_how_long_ago(answer: Json, onset: Moment | None) -> None:
    asked = item("Saddle numbness", {**YES, "item": [item("When did it start?", answer)]})
    assert fact(form(asked)).onset == onset


def test_two_sides_that_follow_up_are_unknown() -> None:
    follow = [item("Which side?", {"valueString": "left"}), item("Side", {"valueString": "right"})]
    assert fact(form(item("Heel pain", {**YES, "item": follow}))).side is Side.UNKNOWN


def test_a_heading_that_is_a_site_is_the_site_of_what_stands_below_it() -> None:
    left = item("Left leg", item=[item("Achilles reflex", {"valueString": "0"}), item("SLR", {"valueString": "neg"})])
    assert said(left) == [
        ("achilles-reflex", Presence.PRESENT, Side.LEFT),
        ("straight-leg-raise", Presence.ABSENT, Side.LEFT),
    ]
    tendon = item("Right Achilles tendon", item=[item("Tenderness", YES)])
    assert said(tendon) == [("achilles-tenderness", Presence.PRESENT, Side.RIGHT)]


def test_a_side_of_the_question_against_that_of_its_heading_is_unknown() -> None:
    assert said(item("Left leg", item=[item("Right heel pain", YES)])) == [
        ("heel-pain", Presence.PRESENT, Side.UNKNOWN)
    ]


def test_a_heading_that_is_more_than_a_site_gives_no_side() -> None:
    assert said(item("Pain that began in the left leg", item=[item("Heel pain", YES)])) == [
        ("heel-pain", Presence.PRESENT, Side.UNKNOWN)
    ]


def test_what_stands_below_the_family_history_is_the_familys() -> None:
    below: tuple[Fact, ...] = facts(form(item("Family history", item=[item("Cancer", YES)])))
    assert [(each.concept, each.family) for each in below] == [("cancer-history", True)]


def test_what_stands_below_a_clinical_question_is_no_fact() -> None:
    assert said(item("Clinical question", item=[item("Cauda equina syndrome", YES)])) == []


def test_several_answers_to_one_question_stand_at_places_of_their_own() -> None:
    sent = form(item("Symptoms", {"valueString": "Heel pain"}, {"valueString": "Tingling down the leg"}))
    assert {(each.concept, each.source.place) for each in facts(sent)} == {
        ("heel-pain", "item[0].answer[0]"),
        ("radiating-leg-symptoms", "item[0].answer[1]"),
    }


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", Status.FINAL),
        ("amended", Status.FINAL),
        ("in-progress", Status.PRELIMINARY),
        ("stopped", Status.PRELIMINARY),
        ("entered-in-error", Status.ENTERED_IN_ERROR),
    ],
)
def test_the_status_of_a_form_is_that_of_its_answers(status: str, expected: Status) -> None:
    assert fact(form(item("Heel pain", YES), status=status)).status is expected


def test_a_form_of_no_known_status_is_no_fact() -> None:
    assert facts(form(item("Heel pain", YES), status="draft")) == ()


def test_questions_in_groups_in_answers_are_all_read() -> None:
    deep = item("Examination", item=[item("Feet", item=[item("Heel tenderness", {**YES, "item": [item("SLR", NO)]})])])
    assert {each[0] for each in said(deep)} == {"heel-tenderness", "straight-leg-raise"}


def test_a_form_nested_beyond_reason_is_unread_below_and_never_raises() -> None:
    nested = item("Heel pain", YES)
    for _ in range(200):
        nested = item("Group", item=[nested])
    assert why(form(nested)) == ["unread"]
