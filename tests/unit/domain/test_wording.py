"""What a clinician reads of an answer: the sentences of the protocol, each Fact with its date, and house words only."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from fhirsvc.domain import phrase, wording
from fhirsvc.domain.assessment import Fate, Finding, Note, Reason
from fhirsvc.domain.evidence import Moment, Presence, Root, Side, Source
from fhirsvc.domain.protocol import Complaint
from tests import answers
from tests.answers import ON, fact, finding, protocol, reduced_reflex, weighed

FORBIDDEN = re.compile(
    r"\b(diagnos(ed|es|is)|confirm(ed|s)|rules? out|ruled out|requires?|proven|must)\b", re.IGNORECASE
)

every_finding = pytest.mark.parametrize("said", answers.every_finding().values(), ids=answers.every_finding())


def everything_said(said: Finding) -> str:
    """All words that any reader is given of one finding."""
    assessment = answers.assessment(said)
    return "\n".join(
        (
            said.text,
            wording.headline(said),
            wording.rule_line(said),
            *wording.headlines(protocol(), assessment),
            *wording.reasons(protocol(), said, ON),
            *wording.exclusions(protocol(), said, ON),
            *wording.not_recorded(protocol(), said),
            *wording.next_to_record(protocol(), said),
            *wording.notes(protocol(), said, ON),
            *wording.set_aside(protocol(), assessment),
            *wording.cautions(protocol(), assessment),
        )
    )


@every_finding
def test_no_answer_uses_a_word_that_reads_as_a_diagnosis(said: Finding) -> None:
    assert FORBIDDEN.findall(everything_said(said)) == []


def test_no_text_of_the_protocol_uses_a_word_that_reads_as_a_diagnosis() -> None:
    texts = [*protocol().texts.values(), *(rule.because for rule in protocol().rules)]
    texts += [*(each.text for each in protocol().confounders), *(each.text for each in protocol().features)]
    assert [text for text in texts if FORBIDDEN.search(text)] == []


@every_finding
def test_every_slot_of_a_suggestion_is_filled(said: Finding) -> None:
    assert said.text.strip() == said.text != ""
    assert not re.search(r"[{}]|\(\)|  |: \.|not recorded involvement", said.text)


def test_every_outcome_that_is_written_has_a_suggestion() -> None:
    assert {each.outcome for each in answers.every_finding().values()} == set(answers.OUTCOMES)


@pytest.mark.parametrize(
    ("kind", "side", "words"),
    [
        (Complaint.ACHILLES, Side.LEFT, "left Achilles tendon pain"),
        (Complaint.PLANTAR, Side.RIGHT, "right plantar heel pain"),
        (Complaint.HEEL, Side.LEFT, "left heel pain"),
        (Complaint.HEEL, Side.UNKNOWN, "heel pain, side not recorded"),
    ],
)
def test_a_complaint_is_said_with_its_side(kind: Complaint, side: Side, words: str) -> None:
    assert wording.limb(kind, side) == words


def test_an_indicated_answer_names_side_root_and_complaint() -> None:
    said = finding("I2", reduced_reflex(), answers.root_contact())
    assert said.text.startswith("Recorded findings on the left are consistent with S1 involvement")
    assert "as a possible contributor to the Achilles tendon pain." in said.text


def test_two_roots_are_both_named_and_none_is_made_up() -> None:
    toe = answers.present("MOTOR", "A", weighed(fact("great-toe-extension-power", "Observation/toe", root=Root.L5)))
    sign = answers.present("SLR", "B", weighed(fact("straight-leg-raise", "Observation/slr")))
    assert "consistent with L5 and S1 involvement" in finding("I1", reduced_reflex(), toe).text
    assert "consistent with lumbosacral nerve root involvement" in finding("I2", sign).text


def test_an_absent_item_lends_no_root() -> None:
    normal = fact("great-toe-extension-power", "Observation/toe", root=Root.L5, presence=Presence.ABSENT)
    said = finding("I2", reduced_reflex(), answers.absent("MOTOR", weighed(normal, Fate.NEGATIVE)))
    assert "consistent with S1 involvement" in said.text


def test_coexisting_names_the_structure_of_the_complaint() -> None:
    plantar = finding("X1-I2", reduced_reflex(), answers.tenderness(), kind=Complaint.PLANTAR)
    assert "Local fascia signs are also present" in plantar.text
    assert "Local tendon signs are also present" in answers.every_finding()["coexisting"].text


def test_a_biomechanical_answer_names_the_altered_gait() -> None:
    assert "Chronic back pain with overpronation" in answers.every_finding()["biomechanical"].text


def test_an_answer_without_side_speaks_of_the_affected_side() -> None:
    said = finding("I2", reduced_reflex(), side=Side.UNKNOWN)
    assert "Recorded findings on the affected side" in said.text


def test_an_insufficient_answer_lists_what_is_missing_in_order() -> None:
    said = answers.every_finding()["insufficient"]
    assert said.text.endswith("Missing: side of the heel pain; date of birth; Achilles reflex, both sides.")


def test_not_indicated_says_whether_there_is_evidence_below_the_threshold() -> None:
    said = answers.every_finding()
    assert said["not-indicated"].text.startswith("No recorded evidence of spinal origin.")
    assert "threshold of this protocol: symptoms radiating down the leg." in said["below-threshold"].text


def test_a_result_to_repeat_is_named_with_its_side() -> None:
    said = finding("C1", reduced_reflex(), missing=("repeat:REFLEX:left", "repeat:LBP:unknown"))
    first, second = wording.not_recorded(protocol(), said)
    assert first.startswith("repeat: left Achilles reflex")
    assert second.startswith("repeat: ")
    assert "unknown" not in second


def test_an_urgent_answer_gives_each_fact_with_its_date_and_onset() -> None:
    known = answers.urgent("U1", replace(answers.saddle_numbness(), onset=Moment.day(date(2026, 11, 18))))
    assert "recorded 2026-11-20, 4 days ago, onset 2026-11-18" in known.text
    assert "recorded 2026-11-20, 4 days ago, onset not recorded" in answers.every_finding()["urgent"].text


def test_power_of_an_urgent_answer_is_given_as_a_grade_and_asks_for_no_onset() -> None:
    weak = fact("ankle-dorsiflexion-power", "Observation/p", number=Fraction(8, 3))
    said = answers.urgent("U2", weak)
    assert "ankle dorsiflexion power 3-, left, recorded 2026-11-14, 10 days ago." in said.text
    assert "onset" not in said.text


@pytest.mark.parametrize(("days", "pathway"), [(14, "urgent spinal pathway"), (15, "urgent review pathway")])
def test_what_is_urgent_for_more_than_two_weeks_asks_for_an_urgent_review(days: int, pathway: str) -> None:
    said = answers.urgent("U2", fact("ankle-dorsiflexion-power", "Observation/p", days=days, number=Fraction(3)))
    assert pathway in said.text


def test_the_newest_urgent_fact_decides_how_old_the_answer_is() -> None:
    old = fact("ankle-dorsiflexion-power", "Observation/p", days=60, number=Fraction(3))
    new = fact("great-toe-extension-power", "Observation/q", days=2, number=Fraction(3))
    assert "urgent spinal pathway" in answers.urgent("U2", old, new).text


def test_a_further_urgent_row_is_printed_in_the_same_finding() -> None:
    assert any(
        line.startswith("Also U2: ") for line in wording.notes(protocol(), answers.every_finding()["urgent"], ON)
    )


def test_a_reason_gives_sign_tier_validity_side_root_date_and_version() -> None:
    (line,) = wording.reasons(protocol(), finding("C1", reduced_reflex()), ON)
    assert line == (
        "For: Achilles reflex reduced or absent (tier A, full): "
        "reduced, left, S1, 2026-11-14, 10 days ago, Observation/reflex-left/_history/1; "
        "normal, right, 2026-11-14, 10 days ago, Observation/reflex-right/_history/1"
    )


def test_a_weak_reason_says_why_it_is_weak() -> None:
    unpaired = weighed(
        fact("achilles-reflex", "Observation/r", result="absent"),
        Fate.DEMOTED,
        Reason.AGE,
        Reason.CONFOUNDER,
        confounders=("unpaired",),
    )
    (line,) = wording.reasons(protocol(), finding("C6", answers.present("REFLEX", "B", unpaired)), ON)
    assert "(tier B, weak)" in line
    assert (
        "(weak: it is older than the window in which it counts in full; the reflex of the other side is not recorded)"
        in line
    )


def test_history_that_a_row_reads_is_a_dated_reason() -> None:
    (line,) = wording.reasons(protocol(), answers.every_finding()["entrapment"], ON)
    assert line == "Recorded: tarsal tunnel sign: left, 2026-11-14, 10 days ago, Observation/tinel/_history/1"


def test_evidence_for_and_against_and_beside_is_told_apart() -> None:
    denied = fact("radiating-leg-symptoms", "Observation/no", presence=Presence.ABSENT)
    said = finding(
        "X1-I2",
        reduced_reflex(),
        answers.absent("RADSX", weighed(denied, Fate.NEGATIVE)),
        answers.tenderness(),
        answers.overpronation(),
    )
    directions = [line.partition(":")[0] for line in wording.reasons(protocol(), said, ON)]
    assert directions == ["For", "Against", "Local", "Also"]


def test_silence_is_neither_for_nor_against() -> None:
    said = finding("N1", answers.unknown("RADSX"), answers.unknown("SLR"))
    assert wording.reasons(protocol(), said, ON) == ()
    assert wording.exclusions(protocol(), said, ON) == ()


def test_a_tender_structure_is_told_as_a_local_sign_only() -> None:
    tender = fact("achilles-tenderness", "Observation/palpation", presence=Presence.ABSENT)
    said = finding(
        "L1", answers.tenderness(), answers.absent("NOTEND", weighed(tender, Fate.NEGATIVE)), sentence="no-evidence"
    )
    assert [line.partition(":")[0] for line in wording.reasons(protocol(), said, ON)] == ["Local"]


def test_an_item_of_several_signs_names_the_sign() -> None:
    (line,) = wording.reasons(protocol(), finding("X1-I1", answers.tenderness()), ON)
    assert line.startswith("Local: local signs (full): Achilles tenderness: left")


def test_a_sign_named_like_its_item_is_named_once() -> None:
    back = weighed(fact("low-back-pain", "Condition/back", side=Side.UNKNOWN))
    (line,) = wording.reasons(protocol(), finding("I4", answers.present("LBP", "C", back)), ON)
    assert line.count("low back pain") == 1


def test_an_excluded_fact_is_listed_with_every_reason() -> None:
    stocking = weighed(
        fact("leg-sensation", "Observation/s", side=Side.RIGHT, area="stocking"),
        Fate.EXCLUDED,
        Reason.OTHER_SIDE,
        Reason.CONFOUNDER,
        confounders=("stocking",),
    )
    (line,) = wording.exclusions(protocol(), finding("N1", answers.unknown("SENS", stocking)), ON)
    assert line == (
        "Sensation reduced: right, stocking, 2026-11-14, 10 days ago, Observation/s/_history/1: "
        "it belongs to the other side; the change has a stocking pattern"
    )


def test_a_result_that_was_not_taken_is_said_to_be_no_result() -> None:
    untested = weighed(fact("straight-leg-raise", "Observation/s", presence=Presence.UNKNOWN), Fate.EXCLUDED)
    (line,) = wording.exclusions(protocol(), finding("N1", answers.unknown("SLR", untested)), ON)
    assert line.startswith("Straight-leg raise, no result: left, ")
    assert line.endswith(": there is no result to read")


@pytest.mark.parametrize(
    ("concept", "words"),
    [
        ("leg-sensation", "Sensation normal"),
        ("knee-extension-power", "Power normal (knee extension power)"),
        ("saddle-sensation", "Loss or change of saddle sensation, recorded as not present"),
        ("achilles-tenderness", "No local signs (Achilles tenderness)"),
        ("low-back-pain", "No low back pain (low back pain)"),
        ("peripheral-neuropathy", "Peripheral neuropathy, recorded as not present"),
    ],
)
def test_a_sign_that_is_not_there_is_never_read_as_a_lost_function(concept: str, words: str) -> None:
    denied = fact(concept, "Observation/o", presence=Presence.ABSENT)
    assert phrase.capital(phrase.sign(protocol(), denied)) == words


def test_facts_that_disagree_with_their_item_are_told_apart() -> None:
    untender = weighed(fact("achilles-tenderness", "Observation/t", presence=Presence.ABSENT), Fate.NEGATIVE)
    positive = weighed(fact("royal-london-hospital-test", "Observation/r"))
    (line,) = wording.reasons(protocol(), finding("X1-I1", answers.present("LOCAL", "local", untender, positive)), ON)
    assert "no local signs (Achilles tenderness): left" in line
    assert "Royal London hospital test: left" in line


def test_an_item_whose_source_serves_another_is_listed_as_not_counted() -> None:
    once = replace(answers.sciatica(), tier="", counted=False)
    said = finding("C1", reduced_reflex(), once)
    assert [line.partition(":")[0] for line in wording.reasons(protocol(), said, ON)] == ["For"]
    (line,) = wording.exclusions(protocol(), said, ON)
    assert line.endswith(": the same source already counts for another item")


def test_an_item_too_weak_to_count_is_listed_as_such() -> None:
    old = weighed(fact("low-back-pain", "Observation/b", days=120), Fate.DEMOTED, Reason.AGE)
    said = finding("L2", answers.present("LBP", "", old), sentence="no-evidence")
    (line,) = wording.exclusions(protocol(), said, ON)
    assert line.endswith("too weak to count")


def test_what_to_record_next_asks_for_red_flags_after_the_side() -> None:
    said = finding("N1", side=Side.UNKNOWN, missing=("side", "reflex-both", "sensation"))
    asked = wording.next_to_record(protocol(), said)
    assert asked[:2] == ("side of the heel pain", wording.red_flag_questions(protocol()))
    assert asked[2:] == wording.not_recorded(protocol(), said)[1:]


def test_red_flags_are_asked_for_whatever_the_answer() -> None:
    question = wording.red_flag_questions(protocol())
    assert all(question in wording.next_to_record(protocol(), said) for said in answers.every_finding().values())


def test_only_a_negative_answer_says_that_a_normal_screen_excludes_nothing() -> None:
    caution = "A normal screen does not exclude a spinal contribution."
    told = {name for name, said in answers.every_finding().items() if caution in wording.notes(protocol(), said, ON)}
    assert told == {"not-indicated", "below-threshold"}


def test_second_explanations_stand_in_the_same_finding() -> None:
    notes = wording.notes(protocol(), answers.every_finding()["rupture"], ON)
    assert [note.partition(":")[0] for note in notes] == ["Also recorded", "Also recorded"]


def test_a_note_gives_the_dated_facts_it_speaks_of() -> None:
    earlier = fact("achilles-reflex", "Observation/old", days=171, result="normal")
    changed = Note(code="reflex-change", text=protocol().texts["note.reflex-change"], facts=(earlier,))
    (line,) = wording.notes(protocol(), finding("C1", reduced_reflex(), notes=(changed,)), ON)
    assert line.endswith("(Achilles reflex: normal, left, 2026-06-06, 171 days ago, Observation/old/_history/1)")


def test_an_unsigned_protocol_says_that_it_is_a_draft() -> None:
    said = finding("C1", reduced_reflex())
    draft = "Draft protocol, not clinically approved."
    assert draft in wording.cautions(protocol(), answers.assessment(said))
    assert draft not in wording.cautions(protocol(), answers.assessment(said, signed=True))


def test_a_headline_gives_outcome_rule_and_strength() -> None:
    said = answers.every_finding()
    assert wording.headline(said["indicated"]) == "Left Achilles tendon pain: indicated (I2, moderate)"
    assert wording.headline(said["urgent"]) == "Urgent (U1)"
    assert wording.headline(said["insufficient"]) == "Heel pain, side not recorded: insufficient (N1)"


@pytest.mark.parametrize("rule", ["R0", "R0b", "R0c"])
def test_a_patient_out_of_scope_is_told_why(rule: str) -> None:
    (line,) = wording.headlines(protocol(), answers.assessment(not_applicable=rule))
    assert line == f"Not-applicable ({rule}): {wording.withdrawal(protocol(), rule)}"
    assert wording.withdrawal(protocol(), rule).endswith(".")


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 14), date(2026, 11, 14), "2026-11-14"),
        (date(2026, 2, 1), date(2026, 2, 28), "2026-02"),
        (date(2024, 1, 1), date(2024, 12, 31), "2024"),
        (date(2026, 2, 1), date(2026, 3, 31), "2026-02-01 to 2026-03-31"),
    ],
)
def test_a_date_is_said_as_precisely_as_it_was_recorded(first: date, last: date, words: str) -> None:
    assert phrase.day(Moment.days(first, last)) == words


@pytest.mark.parametrize(("days", "words"), [(0, "today"), (1, "1 day ago"), (2, "2 days ago")])
def test_days_are_counted_back_from_the_evaluation(days: int, words: str) -> None:
    assert phrase.ago(Moment.day(date.fromordinal(ON.toordinal() - days)), ON) == words


def test_a_fact_without_a_clinical_date_is_dated_by_receipt_and_says_so() -> None:
    undated = fact("low-back-pain", "Observation/b", days=None, received=datetime(2026, 11, 20, 23, 30, tzinfo=UTC))
    assert phrase.dated(undated, ON) == "date not recorded, received 2026-11-20"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Fraction(4), "4"),
        (Fraction(13, 3), "4+"),
        (Fraction(11, 3), "4-"),
        (Fraction(5, 2), "2.5"),
        (Fraction(-5), "-5"),
        (Fraction(0), "0"),
    ],
)
def test_a_grade_is_said_as_it_was_written(value: Fraction, words: str) -> None:
    assert phrase.number(value) == words


def test_a_sentence_of_the_record_is_quoted_on_one_line_and_cut_when_long() -> None:
    assert phrase.quote("Disc contacts\n the\tS1 root.\x00") == "“Disc contacts the S1 root.”"
    assert phrase.quote(" \n") == ""
    long = phrase.quote("word " * 100)
    assert long.endswith(" …”")
    assert len(long) < 250


def test_a_broken_character_of_the_record_never_reaches_the_answer() -> None:
    assert phrase.quote("root \ud800 contact") == "“root contact”"


def test_a_crossed_leg_raise_names_the_leg_that_was_raised() -> None:
    crossed = fact("crossed-straight-leg-raise", "Observation/x", raised=Side.RIGHT, source=Source("Observation/x"))
    assert "right leg raised" in phrase.recorded(crossed, ON)


def read_from(sentence: str, place: str = "text[1]") -> Source:
    """A place in a note and what it says."""
    return Source("DocumentReference/note/_history/1", place, sentence)


def test_an_urgent_answer_quotes_the_sentence_it_was_read_from() -> None:
    told = replace(answers.saddle_numbness(), source=read_from("Cannot feel the seat."))
    said = answers.urgent("U1", told)
    assert "onset not recorded, “Cannot feel the seat.”" in said.text
    (line,) = wording.reasons(protocol(), said, ON)
    assert line.endswith("“Cannot feel the seat.”, DocumentReference/note/_history/1")


def test_history_and_notes_quote_the_sentence_they_were_read_from() -> None:
    nerves = fact("peripheral-neuropathy", "x", side=Side.UNKNOWN, source=read_from("Known neuropathy of both feet."))
    spine = Note(
        code="surgery", text="Surgery.", facts=(fact("lumbar-surgery", "x", source=read_from("L5 done 2019.")),)
    )
    said = finding("C1", reduced_reflex(), recorded=(nerves,), notes=(spine,))
    assert wording.reasons(protocol(), said, ON)[0].endswith("“Known neuropathy of both feet.”")
    assert wording.notes(protocol(), said, ON)[0].endswith("“L5 done 2019.”)")


def test_two_facts_that_print_alike_print_once_and_each_sentence_is_told() -> None:
    first, again = (
        fact("peripheral-neuropathy", "x", source=read_from("Neuropathy.", place)) for place in ("text[1]", "text[2]")
    )
    other = replace(first, source=read_from("A polyneuropathy."))
    lines = wording.reasons(protocol(), finding("N1", recorded=(first, again, other)), ON)
    assert [line.rpartition(", ")[2] for line in lines] == ["“Neuropathy.”", "“A polyneuropathy.”"]
    urgent = [replace(each, concept="saddle-sensation") for each in (first, again)]
    assert answers.urgent("U1", *urgent).text.count("“Neuropathy.”") == 1


def test_what_is_excluded_for_one_reason_stands_together_and_the_reason_once() -> None:
    numb = [
        weighed(fact("leg-sensation", f"Observation/{each}", side=Side.RIGHT), Fate.EXCLUDED, Reason.OTHER_SIDE)
        for each in "ab"
    ]
    (line,) = wording.exclusions(protocol(), finding("N1", answers.unknown("SENS", *numb)), ON)
    assert line.count("it belongs to the other side") == 1
    assert line.index("Observation/a/") < line.index("; right, ") < line.index("Observation/b/")


SYMMETRIC = ("neuropathy", "symmetric-loss", "symmetric-loss-older", "symmetric-loss-neuropathy")


@pytest.mark.parametrize(
    ("acted", "words"),
    [
        (SYMMETRIC, "both Achilles reflexes are reduced alike and a peripheral neuropathy is recorded"),
        (SYMMETRIC[1:3], "both Achilles reflexes are reduced alike, as is common at an older age"),
        (SYMMETRIC[1:2], "both Achilles reflexes are reduced alike"),
    ],
)
def test_a_pair_is_excluded_by_its_most_specific_ground_only(acted: tuple[str, ...], words: str) -> None:
    both = fact("achilles-reflex", "Observation/r", result="absent")
    assert wording.grounds(protocol(), weighed(both, Fate.EXCLUDED, Reason.CONFOUNDER, confounders=acted)) == (words,)


def test_different_grades_are_called_alike_only_as_the_degree_they_are_read_as() -> None:
    trace = fact("achilles-reflex", "Observation/r", result="reduced")
    (ground,) = wording.grounds(protocol(), weighed(trace, Fate.DEMOTED, confounders=("symmetric-loss",)))
    assert ground == "both Achilles reflexes are reduced alike (trace and 1+ are both read as reduced)"
