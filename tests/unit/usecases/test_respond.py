"""A clinician agrees or overrides: kept once, and silent until the decision changes, whatever comes meanwhile."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.errors import NotFound, Refused
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import Response, Version
from fhirsvc.usecases.respond import respond
from tests.fhir_checks import assert_valid_r4
from tests.unit.usecases.clinic import (
    TENANT,
    Clinic,
    indicated,
    judge,
    leg_raise,
    pain,
    patient,
    reflex,
    tags,
    withdrawn,
)

WHO = Clinician(reference="Practitioner/7", name="Dr. Seven")
AGREE = Word(kind=Kind.AGREE, who=WHO)
OVERRIDE = Word(
    kind=Kind.OVERRIDE,
    who=WHO,
    why=Why(code="already-evaluated", text="Already evaluated"),
    comment="Seen by the spine clinic.",
)


@pytest.fixture
def clinic() -> Clinic:
    """One patient for whom an evaluation is indicated, with a Flag."""
    clinic = Clinic()
    clinic.answer(*indicated())
    clinic.later(hours=1)
    return clinic


def say(clinic: Clinic, word: Word, impression: str = "") -> Version:
    id_ = impression or clinic.current()[0]["id"]
    return respond(TENANT, id_, word, store=clinic.store, clock=clinic, judge=clinic.worker().judge)


def chart(clinic: Clinic) -> list[dict[str, Any]]:
    return clinic.impressions() + clinic.flags()


def flag(clinic: Clinic) -> dict[str, Any]:
    (found,) = clinic.flags()
    return found


def kept(clinic: Clinic) -> list[Response]:
    with clinic.store.reading() as transaction:
        return list(transaction.responses.of(TENANT, ["p1", "p2"]))


def test_agreement_changes_nothing_and_is_kept_with_who_and_when(clinic: Clinic) -> None:
    before = chart(clinic)
    provenance = json.loads(say(clinic, AGREE).body)
    assert chart(clinic) == before
    (response,) = kept(clinic)
    assert (response.word, response.rule, response.impression) == (AGREE, "I2", before[0]["id"])
    assert response.at == clinic.time.replace(microsecond=123000)
    assert_valid_r4(provenance)
    assert [each["reference"] for each in provenance["target"]] == [f"ClinicalImpression/{before[0]['id']}/_history/1"]
    assert provenance["agent"][0]["who"] == {"reference": "Practitioner/7", "display": "Dr. Seven"}
    assert provenance["activity"]["coding"][0]["code"] == "agree"


def test_an_override_lowers_the_flag_with_its_reason_and_the_impression_stays_with_a_note(clinic: Clinic) -> None:
    provenance = json.loads(say(clinic, OVERRIDE).body)
    (impression,) = clinic.current()
    for each in (provenance, impression, flag(clinic)):
        assert_valid_r4(each)
    assert (flag(clinic)["status"], flag(clinic)["meta"]["versionId"]) == ("inactive", "2")
    assert "Already evaluated. Seen by the spine clinic." in flag(clinic)["text"]["div"]
    assert (impression["status"], tags(impression)) == ("completed", {"draft-protocol"})
    note = impression["note"][-1]
    assert note["text"] == "Overridden by a clinician: Already evaluated. Seen by the spine clinic."
    assert note["authorReference"]["reference"] == "Practitioner/7"
    assert note["time"] == "2026-05-01T13:00:00.123Z"
    assert provenance["target"] == [
        {"reference": f"ClinicalImpression/{impression['id']}/_history/2"},
        {"reference": f"Flag/{flag(clinic)['id']}/_history/2"},
    ]
    assert provenance["reason"][0]["coding"][0]["code"] == "already-evaluated"


def test_the_same_word_again_gives_the_same_answer_and_writes_nothing(clinic: Clinic) -> None:
    impression = clinic.current()[0]["id"]
    first = say(clinic, OVERRIDE, impression)
    before = chart(clinic)
    clinic.later(hours=1)
    assert say(clinic, OVERRIDE, impression) == first
    clinic.answer(withdrawn(reflex(id_="reflex-p1")))
    assert say(clinic, OVERRIDE, impression) == first
    assert len(kept(clinic)) == 1
    assert before != chart(clinic)


def test_another_clinician_may_say_the_same_and_the_flag_is_lowered_once(clinic: Clinic) -> None:
    say(clinic, OVERRIDE)
    say(clinic, replace(OVERRIDE, who=Clinician(name="Dr. Eight")))
    say(clinic, AGREE)
    assert len(kept(clinic)) == 3
    assert flag(clinic)["meta"]["versionId"] == "2"
    assert [each.get("authorString") for each in clinic.current()[0]["note"][-2:]] == [None, "Dr. Eight"]


@pytest.mark.parametrize("what", ["the same again", "one more normal finding", "something else"])
def test_an_equal_decision_stays_silent_whatever_is_posted(clinic: Clinic, what: str) -> None:
    say(clinic, OVERRIDE)
    before = chart(clinic)
    clinic.later(hours=1)
    more = {
        "the same again": list(indicated()),
        "one more normal finding": [{**reflex("normal", "another"), "effectiveDateTime": "2026-04-20"}],
        "something else": [{**reflex("1.80", "height"), "code": {"text": "Body height"}}],
    }[what]
    clinic.answer(*more)
    assert chart(clinic) == before


def test_a_sender_is_told_of_no_flag_while_it_is_silent_and_of_what_it_was_told_before(clinic: Clinic) -> None:
    first = clinic.post(*indicated())
    clinic.work()
    clinic.later(hours=1)
    say(clinic, OVERRIDE)
    clinic.later(hours=1)
    second = clinic.post({**reflex("normal", "another"), "effectiveDateTime": "2026-04-20"})
    clinic.work()
    flags = [told.answer.flag for each in (first, second) for told in clinic.progress(each).patients if told.answer]
    assert flags == [flag(clinic)["id"], ""]


def test_an_equal_decision_stays_silent_under_another_protocol_and_terminology(clinic: Clinic) -> None:
    say(clinic, OVERRIDE)
    before = chart(clinic)
    clinic.later(hours=1)
    known = judge()
    protocol = replace(known.protocol, version="1.0.1", digest="other")
    lexicon = replace(known.lexicon, version="other", digest="other")
    newer = _Newer(clinic.store, clinic.time, judge=replace(known, protocol=protocol, lexicon=lexicon))
    newer.answer(*indicated())
    assert chart(clinic) == before


def test_an_equal_decision_stays_silent_after_a_restart(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite")
    clinic = Clinic(store)
    clinic.answer(*indicated())
    say(clinic, OVERRIDE)
    before = chart(clinic)
    store.close()
    again = Clinic(open_store(tmp_path / "store.sqlite"), clinic.time)
    again.later(hours=1)
    again.answer({**pain("pain-p1"), "note": [{"text": "the same"}]})
    assert chart(again) == before
    again.store.close()  # type: ignore[attr-defined]


def test_evidence_that_changes_the_decision_raises_the_flag_again(clinic: Clinic) -> None:
    say(clinic, OVERRIDE)
    clinic.later(hours=1)
    clinic.answer({**reflex("absent", "newer"), "effectiveDateTime": "2026-04-30"})
    old, new = clinic.impressions()
    assert new["previous"] == {"reference": f"ClinicalImpression/{old['id']}"}
    assert "superseded" in tags(old)
    assert any("Overridden" in each["text"] for each in old["note"])
    assert (flag(clinic)["status"], flag(clinic)["meta"]["versionId"]) == ("active", "3")
    assert flag(clinic)["period"]["start"] == "2026-05-01T14:00:00.123Z"
    assert "end" not in flag(clinic)["period"] or flag(clinic)["period"]["end"] > "2026-05-02"


def test_an_override_is_over_when_the_same_answer_comes_back_after_another(clinic: Clinic) -> None:
    """The decision changed in between, and silence is worse than an alarm that comes again."""
    say(clinic, OVERRIDE)
    clinic.later(hours=1)
    clinic.answer(leg_raise("negative", "slr-p1"))
    clinic.later(hours=1)
    clinic.answer(leg_raise("positive", "slr-p1"))
    assert len(clinic.impressions()) == 3
    assert flag(clinic)["status"] == "active"


def test_an_urgent_answer_may_be_overridden_with_a_reason() -> None:
    clinic = Clinic()
    saddle = {**reflex("present", "saddle", side=""), "code": {"text": "Saddle anaesthesia"}}
    del saddle["bodySite"]
    clinic.answer(patient(), pain(), {**saddle, "effectiveDateTime": "2026-04-30"})
    assert flag(clinic)["code"]["coding"][0]["code"] == "urgent"
    clinic.later(hours=1)
    say(clinic, OVERRIDE)
    assert flag(clinic)["status"] == "inactive"
    clinic.later(days=1)
    clinic.answer(reflex("normal"))
    assert "urgent" in json.dumps(clinic.current()[0]["finding"])


def test_an_override_revokes_the_proposal_beside_the_impression() -> None:
    clinic = Clinic(propose=True)
    clinic.answer(*indicated())
    targets = json.loads(say(clinic, OVERRIDE).body)["target"]
    proposal = next(each["reference"] for each in targets if each["reference"].startswith("ServiceRequest"))
    version = read.current(TENANT, *proposal.split("/")[:2], store=clinic.store)
    assert version is not None
    assert (version.version, json.loads(version.body)["status"]) == (2, "revoked")


def test_what_is_not_there_cannot_be_answered(clinic: Clinic) -> None:
    with pytest.raises(NotFound):
        say(clinic, AGREE, "nothing")


@pytest.mark.parametrize("word", [AGREE, OVERRIDE])
def test_what_is_superseded_is_refused_and_the_successor_named(clinic: Clinic, word: Word) -> None:
    old = clinic.current()[0]["id"]
    clinic.answer(leg_raise("negative", "slr-p1"))
    new, before = clinic.current()[0]["id"], chart(clinic)
    with pytest.raises(Refused) as refused:
        say(clinic, word, old)
    assert refused.value.issues[0].text == (
        f"This impression is superseded; ClinicalImpression/{new} stands in its place."
    )
    assert (chart(clinic), kept(clinic)) == (before, [])


def test_what_is_withdrawn_or_entered_in_error_is_refused_with_the_reason(clinic: Clinic) -> None:
    old = clinic.current()[0]["id"]
    clinic.answer(pain("pain-p1", verified="refuted"))
    with pytest.raises(Refused) as refused:
        say(clinic, OVERRIDE, old)
    assert refused.value.issues[0].text.startswith("This impression is withdrawn")
    assert refused.value.issues[0].text.endswith("nothing stands now.")


def test_in_shadow_nothing_is_answered() -> None:
    clinic = Clinic()
    clinic.answer(*indicated())
    clinic.shadow = frozenset({TENANT})
    before = chart(clinic)
    with pytest.raises(Refused):
        say(clinic, OVERRIDE)
    assert chart(clinic) == before


def test_an_override_while_the_patient_is_being_decided_for_is_not_lost(clinic: Clinic) -> None:
    impression = clinic.current()[0]["id"]
    clinic.post({**reflex("absent", "newer"), "effectiveDateTime": "2026-04-30"})
    said: list[Version] = []

    def overridden_meanwhile(place: str) -> None:
        if place == "work.before-transaction" and not said:
            said.append(say(clinic, OVERRIDE, impression))

    from fhirsvc.usecases import work

    worker = clinic.worker(overridden_meanwhile)
    while work.run_ready(worker):
        pass
    old, _new = clinic.impressions()
    assert any("Overridden" in each["text"] for each in old["note"])
    assert flag(clinic)["status"] == "active"
    assert [json.loads(each.body)["status"] for each in clinic.versions("Flag", flag(clinic)["id"])] == [
        "active",
        "inactive",
        "active",
    ]


class _Newer(Clinic):
    """The same store after an update: another protocol and another terminology."""

    def __init__(self, store: MemoryStore | Any, time: Any, *, judge: Any) -> None:
        super().__init__(store, time)
        self._judge = judge

    def worker(self, *_: Any) -> Any:
        from fhirsvc.usecases import work

        return work.Worker(self.store, self, self._judge)
