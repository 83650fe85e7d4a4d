"""What is written to the chart for each outcome: valid R4, exact versions, every reason, and nothing that orders."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fhirsvc.domain import wording
from fhirsvc.domain.assessment import Assessment, Fate, Note, Reason
from fhirsvc.domain.evidence import Person, Side
from fhirsvc.domain.protocol import Complaint, Outcome
from fhirsvc.fhir.impression import Occasion, Rendered, impression_id, render, supersede, withdraw
from tests import answers
from tests.answers import DECIDED, assessment, fact, finding, protocol, reduced_reflex, weighed
from tests.fhir_checks import assert_valid_r4

OCCASION = Occasion(
    tenant="default", patient="p1", impression_id="hp-1", identifier="hp-1", decided_at=DECIDED, propose=True
)
BASE = "https://fhirsvc.example/fhir"


def written(said: Assessment, occasion: Occasion = OCCASION) -> Rendered:
    """What one decision writes."""
    return render(protocol(), said, occasion)


def impression(said: Assessment, occasion: Occasion = OCCASION) -> dict[str, Any]:
    """The ClinicalImpression of one decision."""
    return read(written(said, occasion).impression.body)


def read(body: bytes) -> dict[str, Any]:
    resource: dict[str, Any] = json.loads(body)
    return resource


def references(elements: list[dict[str, Any]]) -> list[str]:
    return [each["reference"] for each in elements]


@pytest.mark.parametrize("name", answers.every_finding())
@pytest.mark.parametrize("signed", [True, False])
def test_everything_written_for_every_outcome_is_valid_r4(name: str, signed: bool) -> None:
    said = assessment(answers.every_finding()[name], signed=signed)
    rendered = written(said)
    for resource in (rendered.impression, rendered.provenance, rendered.flag, rendered.proposal):
        if resource is not None:
            assert_valid_r4(read(resource.body))


@pytest.mark.parametrize("name", answers.every_finding())
def test_what_became_of_an_impression_later_is_valid_r4_too(name: str) -> None:
    body = written(assessment(answers.every_finding()[name])).impression.body
    assert_valid_r4(read(supersede(body)))
    assert_valid_r4(read(withdraw(body, reason=wording.withdrawal(protocol(), "R0"), at=DECIDED)))


def test_several_findings_of_one_patient_are_one_valid_impression() -> None:
    said = impression(assessment(*answers.every_finding().values(), notes=(Note(code="x", text="Noted."),)))
    assert_valid_r4(said)
    assert len(said["finding"]) == len(answers.every_finding())


def test_the_impression_says_who_when_and_by_which_protocol() -> None:
    said = impression(assessment(finding("C1", reduced_reflex())))
    assert said["status"] == "completed"
    assert said["identifier"] == [{"system": "https://fhirsvc.example/impression", "value": "hp-1"}]
    assert said["subject"] == {"reference": "Patient/p1"}
    assert said["effectiveDateTime"] == "2026-11-24"
    assert said["date"] == "2026-11-24T09:30:15.123Z"
    assert said["protocol"] == [f"{BASE}/PlanDefinition/heel-pain-origin|1.0.0"]
    assert "assessor" not in said
    assert "previous" not in said


def test_an_answer_that_replaces_another_names_it() -> None:
    said = impression(assessment(finding("C1", reduced_reflex())), replace(OCCASION, previous="hp-0"))
    assert said["previous"] == {"reference": "ClinicalImpression/hp-0"}


def test_every_output_is_labelled_as_asserted_by_a_machine() -> None:
    rendered = written(assessment(answers.every_finding()["indicated"]))
    for resource in (rendered.impression, rendered.provenance, rendered.flag, rendered.proposal):
        assert resource is not None
        (label,) = read(resource.body)["meta"]["security"]
        assert (label["system"], label["code"]) == (
            "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
            "AIAST",
        )


def test_an_unsigned_protocol_tags_every_output_and_says_so_in_words() -> None:
    rendered = written(assessment(answers.every_finding()["indicated"]))
    for resource in (rendered.impression, rendered.provenance, rendered.flag, rendered.proposal):
        assert resource is not None
        assert [tag["code"] for tag in read(resource.body)["meta"]["tag"]] == ["draft-protocol"]
    said = read(rendered.impression.body)
    draft = "Draft protocol, not clinically approved."
    assert draft in said["summary"]
    assert draft in said["text"]["div"]
    assert draft in [note["text"] for note in said["note"]]


def test_a_signed_protocol_is_no_draft() -> None:
    said = impression(assessment(answers.every_finding()["indicated"], signed=True))
    assert "tag" not in said["meta"]
    assert "Draft" not in json.dumps(said)


def test_a_finding_carries_outcome_side_and_rule() -> None:
    (said,) = impression(assessment(answers.every_finding()["biomechanical"]))["finding"]
    assert said["itemCodeableConcept"]["coding"] == [{"system": f"{BASE}/CodeSystem/outcome", "code": "biomechanical"}]
    assert said["extension"] == [
        {"url": f"{BASE}/StructureDefinition/limb-side", "valueCode": "right"},
        {"url": f"{BASE}/StructureDefinition/rule", "valueCode": "B1"},
    ]
    assert said["itemCodeableConcept"]["text"].startswith("Right plantar heel pain: Chronic back pain with")


def test_a_side_that_is_not_recorded_is_unknown_and_said_so() -> None:
    (said,) = impression(assessment(answers.every_finding()["insufficient"]))["finding"]
    assert {"url": f"{BASE}/StructureDefinition/limb-side", "valueCode": "unknown"} in said["extension"]
    assert said["itemCodeableConcept"]["text"].startswith("Heel pain, side not recorded: ")


def test_an_urgent_finding_comes_first_without_a_side_and_alone_makes_the_summary() -> None:
    findings = answers.every_finding()
    said = impression(assessment(findings["urgent"], findings["indicated"]))
    first, second = said["finding"]
    assert [each["url"].rsplit("/", 1)[1] for each in first["extension"]] == ["rule"]
    assert first["itemCodeableConcept"]["coding"][0]["code"] == "urgent"
    assert second["itemCodeableConcept"]["coding"][0]["code"] == "indicated"
    assert said["summary"].startswith(findings["urgent"].text)
    assert findings["indicated"].text not in said["summary"]


def test_an_urgent_answer_without_a_heel_complaint_has_no_problem() -> None:
    said = impression(assessment(answers.every_finding()["urgent"]))
    assert "problem" not in said
    assert references(said["investigation"][0]["item"]) == ["Observation/saddle/_history/1"]


def test_the_summary_gives_the_suggestion_of_each_limb() -> None:
    left = finding("C1", reduced_reflex())
    right = finding("L1", answers.tenderness(Side.RIGHT), side=Side.RIGHT, sentence="no-evidence")
    lines = impression(assessment(left, right))["summary"].split("\n")
    assert lines[0] == f"Left Achilles tendon pain: {left.text}"
    assert lines[1] == f"Right Achilles tendon pain: {right.text}"


def test_the_basis_shows_rule_sources_protocol_reasons_exclusions_and_gaps() -> None:
    said = finding("C1", reduced_reflex(), answers.other_side_reflex(), missing=("sensation",))
    (basis,) = (each["basis"] for each in impression(assessment(said))["finding"])
    lines = basis.split("\n")
    assert lines[0].startswith("Rule C1, weak: ")
    assert "Sources: " in lines[0]
    assert lines[1] == f"Protocol {protocol().canonical}, evaluated on 2026-11-24."
    assert lines[2].startswith("For: Achilles reflex reduced or absent (tier A, full)")
    assert lines[3] == (
        "Excluded: Achilles reflex: absent, right, 2026-11-14, 10 days ago, Observation/reflex-right/_history/1: "
        "it belongs to the other side"
    )
    assert lines[4] == "Not recorded: sensation of the lateral foot and posterior calf"


def test_only_heel_conditions_are_problems() -> None:
    said = impression(assessment(finding("C3", answers.sciatica())))
    assert references(said["problem"]) == ["Condition/achilles-pain-left/_history/1"]
    assert references(said["supportingInfo"]) == ["Condition/sciatica/_history/1"]


def test_a_complaint_recorded_as_an_observation_is_an_investigation() -> None:
    told = fact("heel-pain", "Observation/heel")
    said = impression(assessment(finding("N1", complaint_facts=(told,), kind=Complaint.HEEL, missing=("birth",))))
    assert "problem" not in said
    assert references(said["investigation"][0]["item"]) == ["Observation/heel/_history/1"]


@pytest.mark.parametrize(
    ("kind", "element"),
    [
        ("Observation", "investigation"),
        ("QuestionnaireResponse", "investigation"),
        ("DiagnosticReport", "investigation"),
        ("ImagingStudy", "investigation"),
        ("Condition", "supportingInfo"),
        ("Procedure", "supportingInfo"),
        ("DocumentReference", "supportingInfo"),
        ("MedicationStatement", "supportingInfo"),
    ],
)
def test_a_source_stands_where_r4_allows_its_type(kind: str, element: str) -> None:
    told = answers.present("SLR", "B", weighed(fact("straight-leg-raise", f"{kind}/s")))
    said = impression(assessment(finding("C6", told)))
    assert_valid_r4(said)
    where = said[element] if element == "supportingInfo" else said[element][0]["item"]
    assert references(where) == [f"{kind}/s/_history/1"]


def test_an_investigation_names_the_concept_and_each_version_once() -> None:
    both = fact("achilles-reflex", "Observation/both", result="reduced")
    other = fact("achilles-reflex", "Observation/both", side=Side.RIGHT, result="normal")
    pair = answers.present("REFLEX", "A", weighed(both), weighed(other, Fate.NEGATIVE))
    (asked,) = impression(assessment(finding("C1", pair)))["investigation"]
    assert asked["code"] == {
        "coding": [{"system": f"{BASE}/CodeSystem/concept", "code": "achilles-reflex"}],
        "text": "Achilles reflex",
    }
    assert references(asked["item"]) == ["Observation/both/_history/1"]


def test_history_that_a_row_reads_is_referred_to() -> None:
    findings = answers.every_finding()
    said = impression(assessment(findings["neuropathy"], findings["entrapment"]))
    assert references(said["supportingInfo"]) == ["Condition/neuropathy/_history/1"]
    assert references(said["investigation"][0]["item"]) == ["Observation/tinel/_history/1"]


def test_what_was_excluded_is_told_but_not_referred_to() -> None:
    said = impression(assessment(answers.every_finding()["neuropathy"]))
    assert "investigation" not in said
    assert "Observation/reflex-right/_history/1" in said["finding"][0]["basis"]


def test_the_notes_say_what_was_not_recorded_what_to_ask_and_the_cautions() -> None:
    said = impression(assessment(answers.every_finding()["consider"], answers.every_finding()["not-indicated"]))
    notes = [note["text"] for note in said["note"]]
    assert notes[0].startswith("Left Achilles tendon pain: not recorded: side of the heel pain; sensation")
    assert "Left Achilles tendon pain: A normal screen does not exclude a spinal contribution." in notes
    assert "Ask about saddle sensation, bladder, bowel and the power of both legs." in notes
    assert notes[-1] == "This service supports a clinician's judgement and does not replace it."
    assert len(notes) == len(set(notes))


def test_a_note_refers_to_the_facts_it_speaks_of() -> None:
    drug = Note(code="fluoroquinolone", text="Noted.", facts=(fact("fluoroquinolone", "MedicationStatement/m"),))
    said = impression(assessment(finding("C1", reduced_reflex()), notes=(drug,)))
    assert references(said["supportingInfo"]) == ["MedicationStatement/m/_history/1"]
    assert any("MedicationStatement/m/_history/1" in note["text"] for note in said["note"])


def test_the_narrative_holds_every_reason_and_shows_the_record_as_text() -> None:
    said = answers.every_finding()["indicated"]
    div = impression(assessment(said))["text"]["div"]
    assert "&lt;L5/S1&gt; contacts &amp; displaces" in div
    for line in wording.reasons(protocol(), said, answers.ON):
        assert line.partition("“")[0] in div
    assert "the condition is refuted or entered in error" in div


def test_broken_characters_of_the_record_never_reach_the_chart() -> None:
    contact = answers.root_contact()
    (told,) = contact.weighed
    source = replace(told.fact.source, sentence="contact \x07\ud83d\x00 <b>now</b>")
    contact = replace(contact, weighed=(replace(told, fact=replace(told.fact, source=source)),))
    said = impression(assessment(finding("C4", contact)))
    assert_valid_r4(said)
    assert "“contact &lt;b&gt;now&lt;/b&gt;”" in said["text"]["div"]


def test_a_patient_without_findings_is_never_rendered() -> None:
    with pytest.raises(ValueError, match="writes nothing"):
        written(assessment(not_applicable="R0"))


def test_the_same_decision_is_the_same_bytes() -> None:
    said = assessment(*answers.every_finding().values())
    assert written(said) == written(said)


def test_the_id_follows_tenant_patient_protocol_and_ordinal() -> None:
    first = impression_id("default", "p1", "heel-pain-origin", 1)
    others = {
        impression_id("default", "p1", "heel-pain-origin", 2),
        impression_id("default", "p2", "heel-pain-origin", 1),
        impression_id("other", "p1", "heel-pain-origin", 1),
        impression_id("default", "p1", "another", 1),
        impression_id("defaultp", "1", "heel-pain-origin", 1),
    }
    assert first == impression_id("default", "p1", "heel-pain-origin", 1)
    assert first not in others
    assert len(others) == 5


def test_provenance_names_the_device_and_the_exact_versions_used() -> None:
    said = assessment(answers.every_finding()["indicated"])
    provenance = read(written(said).provenance.body)
    assert references(provenance["target"]) == ["ClinicalImpression/hp-1/_history/1"]
    assert provenance["policy"] == [protocol().canonical]
    (agent,) = provenance["agent"]
    assert agent["who"]["reference"] == "#service"
    assert provenance["contained"][0]["resourceType"] == "Device"
    assert {each["role"] for each in provenance["entity"]} == {"source"}
    assert [each["what"]["reference"] for each in provenance["entity"]] == [
        "Condition/achilles-pain-left/_history/1",
        "Observation/reflex-left/_history/1",
        "Observation/reflex-right/_history/1",
        "DiagnosticReport/mri/_history/1",
        "Condition/sciatica/_history/1",
        "Patient/p1/_history/1",
    ]


def test_provenance_without_a_read_patient_names_none() -> None:
    said = assessment(finding("C1", reduced_reflex()), person=Person())
    assert "Patient/" not in json.dumps(read(written(said).provenance.body)["entity"])


def test_a_superseded_impression_is_tagged_and_says_so_and_changes_nothing_else() -> None:
    body = written(assessment(finding("C1", reduced_reflex()))).impression.body
    before, after = read(body), read(supersede(body))
    assert [tag["code"] for tag in after["meta"]["tag"]] == ["draft-protocol", "superseded"]
    assert after["status"] == "completed"
    assert after["text"]["div"].startswith('<div xmlns="http://www.w3.org/1999/xhtml"><p><b>Superseded: ')
    changed = {"meta", "text"}
    assert {key: before[key] for key in before if key not in changed} == {
        key: after[key] for key in after if key not in changed
    }


def test_superseding_twice_is_superseding_once() -> None:
    body = supersede(written(assessment(finding("C1", reduced_reflex()), signed=True)).impression.body)
    assert supersede(body) == body


def test_a_withdrawn_impression_says_why_and_when() -> None:
    body = written(assessment(finding("C1", reduced_reflex()))).impression.body
    reason = wording.withdrawal(protocol(), "R0")
    after = read(withdraw(body, reason=reason, at=DECIDED + timedelta(days=3)))
    assert "withdrawn" in [tag["code"] for tag in after["meta"]["tag"]]
    assert after["note"][-1] == {
        "time": "2026-11-27T09:30:15.123Z",
        "text": f"Withdrawn, nothing stands in its place: {reason}",
    }
    assert reason in after["text"]["div"]
    assert after["status"] == "completed"


def test_withdrawing_twice_is_withdrawing_once() -> None:
    body = withdraw(written(assessment(finding("C1", reduced_reflex()))).impression.body, reason="Gone.", at=DECIDED)
    assert withdraw(body, reason="Again.", at=DECIDED) == body


def test_a_changed_version_loses_the_stamps_of_the_version_before() -> None:
    stamped = read(written(assessment(finding("C1", reduced_reflex()))).impression.body)
    stamped["meta"] |= {"versionId": "1", "lastUpdated": "2026-11-24T09:30:15.123Z"}
    after = read(supersede(json.dumps(stamped).encode()))
    assert not {"versionId", "lastUpdated"} & set(after["meta"])


def test_a_proposal_is_a_draft_that_points_to_the_impression() -> None:
    proposal = written(assessment(answers.every_finding()["coexisting"])).proposal
    assert proposal is not None
    said = read(proposal.body)
    assert (said["status"], said["intent"]) == ("draft", "proposal")
    assert references(said["supportingInfo"]) == ["ClinicalImpression/hp-1/_history/1"]
    assert said["reasonCode"] == [{"text": "Left Achilles tendon pain: coexisting (X1-I2, moderate)"}]


def test_a_proposal_is_written_only_for_what_is_indicated_and_only_when_asked() -> None:
    findings = answers.every_finding()
    proposed = {name for name, said in findings.items() if written(assessment(said)).proposal is not None}
    assert proposed == {"indicated", "coexisting"}
    silent = written(assessment(findings["indicated"]), replace(OCCASION, propose=False))
    assert silent.proposal is None


def test_an_urgent_answer_never_proposes_anything() -> None:
    findings = answers.every_finding()
    assert written(assessment(findings["urgent"], findings["indicated"])).proposal is None


def test_no_outcome_ever_becomes_a_condition() -> None:
    rendered = written(assessment(*answers.every_finding().values()))
    types = {each.type for each in (rendered.impression, rendered.provenance, rendered.flag) if each}
    assert types == {"ClinicalImpression", "Provenance", "Flag"}
    assert Outcome.NOT_APPLICABLE not in {each.outcome for each in answers.every_finding().values()}


def test_a_demoted_fact_was_used_and_is_referred_to() -> None:
    weak = weighed(fact("straight-leg-raise", "Observation/old", days=200), Fate.DEMOTED, Reason.AGE)
    said = impression(assessment(finding("L2", answers.present("SLR", "C", weak), sentence="below-threshold")))
    assert references(said["investigation"][0]["item"]) == ["Observation/old/_history/1"]
