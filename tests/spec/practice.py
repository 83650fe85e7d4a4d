"""A clinic whose sender has a ConceptMap and whose protocol may change, and the laws its chart keeps at all times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import Any

from fhirsvc.domain.concept_map import CODE_SYSTEMS, Element, Target
from fhirsvc.domain.lexicon import Lexicon
from fhirsvc.domain.protocol import Protocol
from fhirsvc.usecases import work
from fhirsvc.usecases.map import Desk, add, remove
from fhirsvc.usecases.ports import Decision, Failpoint, passing
from fhirsvc.usecases.speak import lexicon_of
from tests.spec.findings import LOCAL
from tests.unit.usecases.clinic import TENANT, Clinic, judge, tags

SHIPPED = judge().protocol
"""The protocol as it ships."""

STRICTER = replace(
    SHIPPED,
    version="1.0.1",
    digest="stricter",
    clocks={**SHIPPED.clocks, "examination": replace(SHIPPED.clocks["examination"], full=30)},
)
"""A candidate: findings of an examination count in full for 30 days only."""

_OWN_WORD = Element(system=LOCAL, code="NEU-17", targets=())
_REFLEX = Target(system=f"{CODE_SYSTEMS}/concept", code="achilles-reflex")


@cache
def _speaking(body: bytes) -> Lexicon:
    return lexicon_of(judge().lexicon, judge().reading, body, TENANT)


@dataclass
class Maps:
    """See ports.ConceptMaps."""

    bodies: dict[str, bytes] = field(default_factory=dict)

    def of(self, tenant: str) -> Lexicon:
        return _speaking(self.bodies[tenant]) if tenant in self.bodies else judge().lexicon

    def get(self, tenant: str) -> bytes | None:
        return self.bodies.get(tenant)

    def put(self, tenant: str, body: bytes) -> None:
        self.bodies[tenant] = body


@dataclass
class Practice(Clinic):
    """A clinic that may change its protocol, and the terminology of its sender."""

    protocol: Protocol = SHIPPED
    maps: Maps = field(default_factory=Maps)

    def worker(self, failpoint: Failpoint = passing) -> work.Worker:
        knowledge = replace(judge(), protocol=self.protocol, senders=self.maps)
        return work.Worker(self.store, self, knowledge, failpoint)

    def understand(self, *, known: bool) -> None:
        """Let the sender's own code be known, or be known no more."""
        desk = Desk(self.maps, judge().lexicon, judge().reading, self.store, self)
        if known:
            add(TENANT, _OWN_WORD, _REFLEX, desk)
        else:
            remove(TENANT, _OWN_WORD, desk)
        self.work()

    def follow(self, protocol: Protocol, patients: Sequence[str]) -> None:
        """Decide by another version of the protocol from now on, and for these patients at once."""
        self.protocol = protocol
        with self.store.writing() as transaction:
            transaction.jobs.schedule(TENANT, patients)
        self.work()

    def told(self, patient: str) -> list[Decision]:
        """The chain of a patient."""
        with self.store.reading() as transaction:
            return [each for each, _judged in transaction.patients.told(TENANT, patient, self.protocol.name)]

    def survivors(self, patients: Sequence[str]) -> Mapping[str, str]:
        with self.store.reading() as transaction:
            return transaction.persons.of(TENANT, patients)


@dataclass(frozen=True)
class Stands:
    """What a chart says of a patient: its answer with the decision_key, and the Flag that is up, () = none is."""

    key: str = ""
    findings: tuple[tuple[str, str], ...] = ()
    flag: tuple[str, ...] = ()


NOTHING = Stands()


@dataclass(frozen=True)
class Chart:
    """All that is written of some patients at one moment; chains: their decisions, by patient."""

    impressions: Mapping[str, Mapping[str, Any]]
    flags: Mapping[str, Mapping[str, Any]]
    chains: Mapping[str, Sequence[Decision]]

    @classmethod
    def of(cls, practice: Practice, patients: Sequence[str]) -> Chart:
        impressions = {each["id"]: each for each in practice.impressions()}
        flags = practice.flags()
        by_patient = {each["subject"]["reference"].removeprefix("Patient/"): each for each in flags}
        assert len(by_patient) == len(flags), "a patient has two Flags"
        return cls(impressions, by_patient, {each: practice.told(each) for each in patients})

    def stands(self) -> dict[str, Stands]:
        """By patient, of whom nothing stands left out."""
        found = {patient: self._stands(patient) for patient in self.chains}
        return {patient: each for patient, each in found.items() if each != NOTHING}

    def _stands(self, patient: str) -> Stands:
        last = self.chains[patient][-1] if self.chains[patient] else None
        if last is None or not last.impression:
            return Stands(flag=self.flag_of(patient))
        findings = tuple(map(_finding, self.impressions[last.impression]["finding"]))
        return Stands(last.key, findings, self.flag_of(patient))

    def flag_of(self, patient: str) -> tuple[str, ...]:
        """The Flag that is up, by its code and category."""
        flag = self.flags.get(patient, {"status": "none"})
        if flag["status"] != "active":
            return ()
        return tuple(each["coding"][0]["code"] for each in (flag["code"], *flag["category"]))

    def versions(self, patient: str) -> set[tuple[str, str]]:
        """What is written of a patient, with its newest version."""
        about = {"reference": f"Patient/{patient}"}
        every = (*self.impressions.values(), *self.flags.values())
        return {(each["id"], each["meta"]["versionId"]) for each in every if each["subject"] == about}

    def faults(self) -> Iterator[str]:
        """Whatever is wrong with it by itself."""
        for patient, chain in self.chains.items():
            yield from (f"{patient}: {fault}" for fault in self._faults_of_chain(chain))
            yield from (f"{patient}: {fault}" for fault in self._faults_of_line(chain))
            yield from (f"{patient}: {fault}" for fault in self._faults_of_flag(patient))

    def _faults_of_chain(self, chain: Sequence[Decision]) -> Iterator[str]:
        if [each.ordinal for each in chain] != list(range(1, len(chain) + 1)):
            yield "an ordinal is missing"
        for one, other in pairwise(chain):
            if one.key == other.key:
                yield "an equal decision was written again"
            if not one.impression and not other.impression:
                yield "nothing was withdrawn twice"

    def _faults_of_line(self, chain: Sequence[Decision]) -> Iterator[str]:
        """Each impression follows the newest before it that was no error; the last alone may stand."""
        line = [self.impressions[each.impression] for each in chain if each.impression]
        sound = [each for each in line if each["status"] == "completed"]
        for before, each in zip([None, *sound], sound, strict=False):
            if _previous(each) != (before["id"] if before else ""):
                yield f"{each['id']} follows {_previous(each)}"
        earlier: set[str] = set()
        for each in line:
            if _previous(each) not in {"", *earlier}:
                yield f"{each['id']} follows what was not before it"
            earlier.add(each["id"])
        named = {_previous(each) for each in line}
        for each in line:
            yield from _faults_of_tags(each, followed=each["id"] in named)
        standing = [each["id"] for each in line if is_current(each, named)]
        if standing != [each.impression for each in chain[-1:] if each.impression]:
            yield f"current are {standing}"

    def _faults_of_flag(self, patient: str) -> Iterator[str]:
        flag = self.flags.get(patient, {"status": "none"})
        if flag["status"] != "active":
            return
        detail = [each["valueReference"]["reference"] for each in flag["extension"]]
        if detail != [f"ClinicalImpression/{self.chains[patient][-1].impression}"]:
            yield f"the Flag points to {detail}"
        if self.flag_of(patient)[0] == "urgent" and "end" in flag["period"]:
            yield "an urgent Flag has an end"


def is_current(impression: Mapping[str, Any], followed: set[str]) -> bool:
    """Is it by the definition of ARCHITECTURE section 4?"""
    stands = impression["status"] == "completed" and impression["id"] not in followed
    return stands and "withdrawn" not in tags(dict(impression))


def is_overridden(impression: Mapping[str, Any]) -> bool:
    """Does a note say that a clinician overrode it?"""
    return any(each["text"].startswith("Overridden") for each in impression.get("note", ()))


def _faults_of_tags(impression: Mapping[str, Any], *, followed: bool) -> Iterator[str]:
    told = tags(dict(impression))
    if "superseded" in told and not followed:
        yield f"{impression['id']} is superseded by nothing"
    if followed and impression["status"] == "completed" and not told & {"superseded", "withdrawn"}:
        yield f"{impression['id']} is followed and not told to be"


def _previous(impression: Mapping[str, Any]) -> str:
    return str(impression.get("previous", {}).get("reference", "")).removeprefix("ClinicalImpression/")


def _finding(finding: Mapping[str, Any]) -> tuple[str, str]:
    return finding["itemCodeableConcept"]["coding"][0]["code"], finding["extension"][-1]["valueCode"]
