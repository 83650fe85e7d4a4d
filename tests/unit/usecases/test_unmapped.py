"""The unmapped loop without a network: noted with the assessment, listed with what it is like, mapped, decided anew."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.map_folder import MapFolder
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.concept_map import CODE_SYSTEMS, TEXTS, Element, Target
from fhirsvc.knowledge.faults import Faulty
from fhirsvc.usecases import work
from fhirsvc.usecases.map import Desk, Mapped, add, remove
from fhirsvc.usecases.ports import Failpoint, Missed, passing
from fhirsvc.usecases.unmapped import Gap, unmapped
from tests.unit.usecases.clinic import TENANT, Clinic, judge, leg_raise, pain, patient, reflex

LOCAL = "http://his.example/codes"
CONCEPT = f"{CODE_SYSTEMS}/concept"
JERK = Element(system=LOCAL, code="NEU-17", targets=())
GRADE = Element(system=LOCAL, code="G0", targets=())
REFLEX = Target(system=CONCEPT, code="achilles-reflex")


class Site(Clinic):
    """A clinic whose sender has a ConceptMap."""

    maps: MapFolder

    def worker(self, failpoint: Failpoint = passing) -> work.Worker:
        return work.Worker(self.store, self, replace(judge(), senders=self.maps), failpoint)

    @property
    def desk(self) -> Desk:
        return Desk(self.maps, judge().lexicon, judge().reading, self.store, self)

    def gaps(self) -> Sequence[Gap]:
        return unmapped(TENANT, self.maps.of(TENANT), store=self.store)

    def missed(self) -> list[str]:
        return [each.tally.missed.code or each.tally.missed.phrase for each in self.gaps()]

    def map(self, element: Element, target: Target) -> Mapped:
        """Map, and let the workers do what follows."""
        done = add(TENANT, element, target, self.desk)
        work.wake(self.worker(), [])
        return done

    def rules(self) -> set[str]:
        return {
            extension["valueCode"]
            for impression in self.current()
            for finding in impression["finding"]
            for extension in finding.get("extension", ())
            if extension["url"].endswith("/rule")
        }


@pytest.fixture(params=["memory", "sqlite"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    store = MemoryStore() if request.param == "memory" else open_store(tmp_path / "store.sqlite")
    site = Site(store)
    site.maps = MapFolder(tmp_path / "concept-maps", judge().lexicon, judge().reading)
    return site


def local(code: str, display: str) -> dict[str, Any]:
    return {"coding": [{"system": LOCAL, "code": code, "display": display}]}


def jerk(id_: str = "jerk", *, of: str = "p1") -> dict[str, Any]:
    """An absent reflex under a code of the sender's own."""
    return {**reflex("absent", id_, of=of), "code": local("NEU-17", "TA jerk")}


def lab(*, of: str = "p1") -> dict[str, Any]:
    return {**reflex("12", f"lab-{of}", of=of), "code": local("LAB-9", "Serum rhubarb")}


def record(of: str = "p1") -> list[dict[str, Any]]:
    """Heel pain and a positive leg raise that are understood, and a reflex and a laboratory value that are not."""
    return [
        patient(of),
        pain(f"pain-{of}", of=of),
        leg_raise("positive", f"slr-{of}", of=of),
        reflex("normal", f"other-{of}", of=of, side="right"),
        jerk(f"jerk-{of}", of=of),
        lab(of=of),
    ]


def test_what_is_not_understood_is_listed_with_what_it_is_like(site: Site) -> None:
    site.answer(*record(), *record("p2"))
    site.later(hours=1)
    site.answer(*record("p2"), jerk("more", of="p2"))
    first, second = site.gaps()
    assert first.tally.missed == Missed.of("unmapped", LOCAL, "NEU-17", "TA jerk")
    assert (first.tally.places, first.tally.persons, first.closest) == (3, 2, ("achilles-reflex",))
    assert first.tally.first < first.tally.last
    assert first.tally.example.place == "code"
    assert first.tally.example.reference.endswith("/_history/1")
    assert (second.tally.missed.code, second.tally.places, second.closest) == ("LAB-9", 2, ())


@pytest.mark.parametrize(
    ("display", "same"), [("TA jerk", ""), ("Knee jerk", ""), ("Ankle jerk test", "achilles-reflex")]
)
def test_only_a_name_that_is_all_but_the_same_is_offered_as_it_stands(site: Site, display: str, same: str) -> None:
    site.answer(patient(), pain(), {**jerk(), "code": local("NEU-17", display)})
    (gap,) = site.gaps()
    assert "achilles-reflex" in gap.closest
    assert gap.same == same


def test_what_is_mapped_is_understood_and_its_patients_get_the_answer(site: Site) -> None:
    site.answer(*record(), *record("p2"))
    before, impressions = site.rules(), len(site.impressions())
    site.hints.clear()
    assert site.map(JERK, REFLEX) == Mapped(changed=True, persons=("p1", "p2"))
    assert len(site.hints) == 1
    with site.store.reading() as transaction:
        assert [transaction.patients.watermark(TENANT, each) for each in ("p1", "p2")] == [2, 2]
    assert site.missed() == ["LAB-9"]
    assert site.rules() != before
    assert len(site.impressions()) == impressions + 2
    assert len(site.current()) == 2


def test_an_irrelevant_map_is_taken_and_writes_nothing(site: Site) -> None:
    site.answer(*record())
    before = [each["id"] for each in site.impressions()]
    assert site.map(Element(system=LOCAL, code="LAB-9", targets=()), Target(system=CONCEPT, code="pregnancy")).persons
    assert "LAB-9" not in site.missed()
    assert [each["id"] for each in site.impressions()] == before


def test_a_change_of_the_terminology_alone_rewrites_no_equal_impression(site: Site) -> None:
    site.answer(*record())
    versions = {each["id"]: each["meta"]["versionId"] for each in site.impressions()}
    digest = site.maps.of(TENANT).digest
    done = site.map(Element(system="urn:never", code="NEU-17", targets=()), REFLEX)
    assert done == Mapped(changed=True, persons=("p1",))
    assert site.maps.of(TENANT).digest != digest
    assert {each["id"]: each["meta"]["versionId"] for each in site.impressions()} == versions


def test_what_is_taken_back_takes_the_answer_back(site: Site) -> None:
    site.answer(*record())
    before = site.rules()
    site.map(JERK, REFLEX)
    assert site.rules() != before
    assert remove(TENANT, JERK, site.desk) == Mapped(changed=True, persons=("p1",))
    work.wake(site.worker(), [])
    assert site.rules() == before
    assert site.missed() == ["LAB-9", "NEU-17"]
    hinted = list(site.hints)
    assert remove(TENANT, JERK, site.desk) == Mapped(changed=False, persons=())
    assert (site.hints, work.run_ready(site.worker())) == (hinted, 0)


def test_a_text_is_mapped_as_it_is_written(site: Site) -> None:
    site.answer(patient(), pain(), {**jerk(), "code": {"text": "Hammer at the heel cord"}})
    assert site.missed() == ["hammer at the heel cord"]
    words = Element(system=TEXTS, code="hammer at the heel cord", targets=())
    assert site.map(words, REFLEX).persons == ("p1",)
    assert site.missed() == []


def test_a_text_is_mapped_without_its_side_which_is_read_all_the_same(site: Site) -> None:
    observed = {**jerk("jerk-p1"), "code": {"text": "Heel cord hammered, left"}}
    del observed["bodySite"]
    site.answer(*record(), observed)
    (gap,) = (each for each in site.gaps() if not each.tally.missed.code)
    assert (gap.tally.missed.phrase, gap.named) == ("heel cord hammered, left", "heel cord hammered")
    before = site.rules()
    assert site.map(Element(system=TEXTS, code=gap.named, targets=()), REFLEX).persons == ("p1",)
    assert site.missed() == ["LAB-9"]
    assert site.rules() != before


def test_who_was_judged_before_anything_was_noted_is_decided_again_too(site: Site) -> None:
    site.answer(*record())
    with site.store.writing() as transaction:
        transaction.misses.keep(TENANT, "p1", ["p1"], [], site.time)
    assert site.map(JERK, REFLEX).persons == ("p1",)


def test_patients_whom_it_does_not_concern_are_left_alone(site: Site) -> None:
    site.answer(*record(), patient("p2"), pain("pain-2", of="p2"))
    assert site.map(JERK, REFLEX).persons == ("p1",)


def test_a_dry_run_tells_and_changes_nothing(site: Site) -> None:
    site.answer(*record())
    site.hints.clear()
    assert add(TENANT, JERK, REFLEX, site.desk, dry_run=True) == Mapped(changed=True, persons=("p1",))
    assert site.maps.get(TENANT) is None
    assert (site.hints, work.run_ready(site.worker())) == ([], 0)


def test_mapping_again_what_is_mapped_changes_no_file_and_decides_again(site: Site) -> None:
    site.answer(*record())
    site.map(JERK, REFLEX)
    body = site.maps.get(TENANT)
    assert site.map(JERK, REFLEX) == Mapped(changed=False, persons=("p1",))
    assert site.maps.get(TENANT) == body


@pytest.mark.parametrize(
    ("target", "closest"),
    [
        (Target(system=CONCEPT, code="achiles-reflex"), "achilles-reflex"),
        (Target(system=CONCEPT, code="zzz"), "achilles-reflex"),
        (Target(system=f"{CODE_SYSTEMS}/answer", code="absnt"), "absent"),
        (Target(system="http://snomed.info/sct", code="1"), "achilles-reflex"),
    ],
)
def test_an_unknown_target_is_refused_with_the_closest(site: Site, target: Target, closest: str) -> None:
    site.answer(*record())
    with pytest.raises(Faulty) as faulty:
        add(TENANT, JERK, target, site.desk)
    (fault,) = faulty.value.faults
    assert closest in fault.do
    assert site.maps.get(TENANT) is None


def test_a_map_that_would_be_wrong_is_not_written(site: Site) -> None:
    site.map(JERK, replace(REFLEX, product={"answer": "absent"}))
    body = site.maps.get(TENANT)
    known = Element(system="http://snomed.info/sct", code="202882003", targets=())
    wrong = [
        (JERK, Target(system="http://snomed.info/sct", code="202882003", product={"answer": "absent"})),
        (known, REFLEX),
    ]
    for element, target in wrong:
        with pytest.raises(Faulty):
            add(TENANT, element, target, site.desk)
    assert site.maps.get(TENANT) == body


def test_what_a_sender_calls_a_code_stands_in_its_map(site: Site) -> None:
    site.answer(*record())
    site.map(JERK, REFLEX)
    body = site.maps.get(TENANT)
    assert body is not None
    assert b'"display": "TA jerk"' in body
    assert b'"display": "Achilles reflex"' in body


def test_a_place_that_is_kept_in_shadow_is_noted_as_well(site: Site) -> None:
    worker = site.worker()
    site.post(*record())
    work.wake(replace(worker, judge=replace(worker.judge, shadow=frozenset({TENANT}))), [])
    assert site.impressions() == []
    assert sorted(site.missed()) == ["LAB-9", "NEU-17"]


def test_nothing_that_was_sent_reaches_a_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="fhirsvc"):
        site.answer(*record())
        site.map(JERK, REFLEX)
    said = "".join(repr(vars(record)) for record in caplog.records)
    assert not any(word in said for word in ("NEU-17", "TA jerk", "rhubarb"))


def test_a_map_that_comes_while_a_patient_is_judged_counts_for_that_patient(site: Site) -> None:
    def map_now(place: str) -> None:
        if place == "work.before-transaction" and site.maps.get(TENANT) is None:
            add(TENANT, JERK, REFLEX, site.desk)

    site.post(*record())
    work.wake(site.worker(map_now), [])
    assert site.missed() == ["LAB-9"]
    assert "I2" in site.rules()


def test_of_two_who_map_at_once_neither_loses_what_the_other_wrote(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store.sqlite")

    def map_one(code: str) -> None:
        maps = MapFolder(tmp_path / "concept-maps", judge().lexicon, judge().reading)
        desk = Desk(maps, judge().lexicon, judge().reading, store, Clinic(store))
        add(TENANT, Element(system=LOCAL, code=code, targets=()), REFLEX, desk)

    codes = [f"C{number}" for number in range(12)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(map_one, codes))
    lexicon = MapFolder(tmp_path / "concept-maps", judge().lexicon, judge().reading).of(TENANT)
    assert [code for code in codes if not lexicon.of_code(LOCAL, code)] == []
