"""Whatever comes, in whatever order: what stands in the chart is what a store says that holds today's evidence only."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.memory import MemoryStore
from fhirsvc.domain.lifecycle import SubmissionState
from fhirsvc.domain.protocol import Outcome
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.usecases import work
from fhirsvc.usecases.ports import Store
from fhirsvc.usecases.respond import respond
from tests.contract.conftest import Ticks
from tests.fhir_checks import assert_valid_r4
from tests.spec.findings import FINDINGS, RECORDS
from tests.spec.practice import SHIPPED, STRICTER, Chart, Practice, Stands, is_overridden
from tests.spec.received import Key, Received, Resource, subject_of
from tests.unit.usecases.clinic import TENANT, patient

PATIENTS = ("a", "b")
WHO = Clinician(reference="Practitioner/7", name="Dr. Seven")
WHY = Why(code="already-evaluated", text="Already evaluated")

some_findings = st.one_of(
    st.sampled_from(list(RECORDS.values())),
    st.lists(st.sampled_from(list(FINDINGS)), min_size=1, max_size=4, unique=True),
)
whose = st.sampled_from(PATIENTS)
days_ago = st.sampled_from([0, 3, 20, 80, 300])
link_types = st.sampled_from(["replaced-by", "seealso", "replaces"])
sent_at = st.sampled_from([None, None, None, timedelta(0), timedelta(days=2)])
"""How long ago the sender says it changed the resource; None = it does not say."""


class Charted(RuleBasedStateMachine):
    """Senders, clinicians, time and operators act; after each act two stores are compared.

    The one has seen everything and decided each time; the other receives only what counts, when it came, and decides
    once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ticks = Ticks()
        self.practice = Practice(self.opened())
        self.received = Received()
        self.people: dict[str, Resource] = {each: patient(each) for each in PATIENTS}
        self.overridden: set[str] = set()
        self.submissions: list[str] = []
        self.meanwhile: list[Callable[[], None]] = []
        self.dated = False
        self.last_bundle: dict[str, Any] = {}
        self.before = self.chart()
        self.spoken = False
        self.known: dict[tuple[object, ...], Mapping[str, Stands]] = {}

    def opened(self) -> Store:
        """The store that sees everything."""
        return MemoryStore(self.ticks)

    def chart(self) -> Chart:
        return Chart.of(self.practice, PATIENTS)

    # What senders do.

    @initialize(kinds=some_findings, ago=days_ago, dated=st.booleans())
    def begin(self, kinds: Sequence[str], ago: int, dated: bool) -> None:
        """One patient with a complaint, and some findings; their sender says of everything, or now and then, when."""
        self.dated = dated
        self.send([self.people["a"], *self.findings(["pain", *kinds], "a", ago)])

    @rule(kinds=some_findings, of=whose, ago=days_ago, since=sent_at, as_transaction=st.booleans())
    def record(self, kinds: Sequence[str], of: str, ago: int, since: timedelta | None, as_transaction: bool) -> None:
        """New findings, or other ones in the place of those that stand."""
        found = self.findings(kinds, of, ago)
        self.send([{**each, **self.told(since)} for each in found], as_transaction=as_transaction)

    @rule(kinds=some_findings, others=some_findings, of=whose, by=whose, ago=days_ago)
    def record_while_somebody_is_decided_for(
        self, kinds: Sequence[str], others: Sequence[str], of: str, by: str, ago: int
    ) -> None:
        """A worker reads, more comes in, and only then it writes."""
        self.meanwhile.append(lambda: self.send(self.findings(others, by, ago), at_once=False))
        self.send(self.findings(kinds, of, ago))

    @rule(kinds=some_findings, of=whose, ago=days_ago)
    def override_while_somebody_is_decided_for(self, kinds: Sequence[str], of: str, ago: int) -> None:
        self.meanwhile.append(lambda: self.say(of, Kind.OVERRIDE))
        self.send(self.findings(kinds, of, ago))

    @rule(data=st.data())
    @precondition(lambda self: self.signs("normal", "negative", "absent"))
    def find_normal_again(self, data: st.DataObject) -> None:
        """What was normal is so today."""
        key = data.draw(st.sampled_from(self.signs("normal", "negative", "absent")), label="sign")
        on = self.practice.time.date().isoformat()
        self.send([{**self.received.held[key].counts.resource, "effectiveDateTime": on}])

    @rule(data=st.data())
    @precondition(lambda self: self.signs())
    def enter_in_error(self, data: st.DataObject) -> None:
        """One of the signs should never have been recorded."""
        key = data.draw(st.sampled_from(self.signs()), label="sign")
        self.send([{**self.received.held[key].counts.resource, "status": "entered-in-error"}])

    @rule(data=st.data())
    @precondition(lambda self: self.received.held)
    def delete(self, data: st.DataObject) -> None:
        type_, id_ = key = data.draw(st.sampled_from(sorted(self.received.held)), label="deleted")
        self.post({"type": "batch", "entry": [{"request": {"method": "DELETE", "url": f"{type_}/{id_}"}}]})
        self.received.delete(key)
        self.work()

    @rule(of=whose)
    def send_everything_again(self, of: str) -> None:
        """What counts of one patient."""
        held = self.received.of(frozenset({of})).held.values()
        if held:
            self.send([each.counts.resource for each in held])

    @rule()
    @precondition(lambda self: self.last_bundle)
    def send_the_same_bytes_again(self) -> None:
        self.post(self.last_bundle)
        self.keep(self.last_bundle)
        self.work()

    @rule(of=whose, into=whose, type_=link_types, since=sent_at)
    def merge(self, of: str, into: str, type_: str, since: timedelta | None) -> None:
        """A patient is one person with the other, or, when it is linked to itself, with nobody any more."""
        self.link(of, into, type_)
        self.send([{**self.people[of], **self.told(since)}])

    @rule(kinds=some_findings, of=whose, ago=days_ago, patient=whose, into=whose, type_=link_types)
    def merge_while_somebody_is_decided_for(
        self, kinds: Sequence[str], of: str, ago: int, patient: str, into: str, type_: str
    ) -> None:
        self.link(patient, into, type_)
        self.meanwhile.append(lambda: self.send([{**self.people[patient]}], at_once=False))
        self.send(self.findings(kinds, of, ago))

    @rule(of=whose, birth=st.sampled_from(["1980-01-01", "2009-03-01"]), since=sent_at)
    def correct_birth(self, of: str, birth: str, since: timedelta | None) -> None:
        """An adult, or somebody who comes of age in 2027."""
        self.people[of]["birthDate"] = birth
        self.send([{**self.people[of], **self.told(since)}])

    @rule(of=whose, dead=st.booleans(), since=sent_at)
    def decease(self, of: str, dead: bool, since: timedelta | None) -> None:
        self.people[of]["deceasedBoolean"] = dead
        self.send([{**self.people[of], **self.told(since)}])

    # What time, operators and clinicians do.

    @rule(days=st.sampled_from([1, 12, 31, 75, 91, 280, 366]))
    def pass_time(self, days: int) -> None:
        self.practice.later(days=days)
        self.practice.sweep()

    @rule()
    @precondition(lambda self: self.ends())
    def pass_time_until_a_flag_ends(self) -> None:
        day = datetime.fromisoformat(min(self.ends()).replace("Z", "+00:00"))
        self.practice.time = day + timedelta(minutes=1)
        self.practice.sweep()

    @rule(known=st.booleans())
    def map_own_word(self, known: bool) -> None:
        self.practice.understand(known=known)

    @rule(stricter=st.booleans())
    def change_protocol(self, stricter: bool) -> None:
        known = {subject_of(each) for each in self.received.evidence().values()}
        self.practice.follow(STRICTER if stricter else SHIPPED, sorted(known))

    @rule(of=whose, kind=st.sampled_from(Kind))
    def speak(self, of: str, kind: Kind) -> None:
        """A clinician agrees or overrides what stands."""
        self.say(of, kind)

    def say(self, of: str, kind: Kind) -> None:
        chain = self.before.chains[of]
        if not chain or not chain[-1].impression:
            return
        impression = chain[-1].impression
        word = Word(kind=kind, who=WHO, why=WHY if kind is Kind.OVERRIDE else None, comment="")
        knowledge = self.practice.worker().judge
        respond(TENANT, impression, word, store=self.practice.store, clock=self.practice, judge=knowledge)
        self.spoken = True
        if kind is Kind.OVERRIDE:
            self.overridden.add(impression)

    # What holds after each act.

    @invariant()
    def is_what_todays_evidence_says(self) -> None:
        chart = self.chart()
        expected: dict[str, Stands] = {}
        for person in self.persons():
            expected |= self.fresh(person)
        silent = {of for of, chain in chart.chains.items() if chain and chain[-1].impression in self.overridden}
        stands = chart.stands()
        assert stands == {of: _silenced(each) if of in silent else each for of, each in expected.items()}
        for each in stands.values():
            event(each.findings[0][0] if each.findings else "nothing")
        assert list(chart.faults()) == []
        self.is_quiet(chart)
        self.is_done()
        assert {each["id"] for each in chart.impressions.values() if is_overridden(each)} == self.overridden
        self.practice.later(minutes=1)

    def is_quiet(self, chart: Chart) -> None:
        """A decision that is the same has written nothing, but that a Flag whose day has come ends later."""
        for of in PATIENTS:
            if self.spoken or len(chart.chains[of]) != len(self.before.chains[of]):
                continue
            written = chart.versions(of) - self.before.versions(of)
            assert not written or (self.ended(of) and len(written) == 1), f"written of {of}: {written}"
        for flag in chart.flags.values():
            assert flag["status"] != "active" or self.now() < flag["period"].get("end", "9")
        self.before, self.spoken = chart, False

    def is_done(self) -> None:
        """Every submission has been dealt with."""
        states = [self.practice.progress(each).state for each in self.submissions]
        assert set(states) <= {SubmissionState.COMPLETED}
        self.submissions.clear()

    def ended(self, of: str) -> bool:
        flag = self.before.flags.get(of, {"status": "none"})
        return flag["status"] == "active" and bool(flag["period"].get("end", "9") <= self.now())

    @invariant()
    def holds_what_counts(self) -> None:
        with self.practice.store.reading() as transaction:
            found = transaction.resources.evidence(TENANT, PATIENTS)
        held = {(each.type, each.id): _unserved(json.loads(each.body)) for each in found}
        assert held == self.received.evidence()

    def teardown(self) -> None:
        """All that is served is valid, and each withdrawal has been explained."""
        for each in self.written():
            assert_valid_r4(each)

    # How it is done.

    def written(self) -> Iterator[Resource]:
        for type_ in ("ClinicalImpression", "Flag", "Provenance"):
            yield from self.practice._found(type_)

    def now(self) -> str:
        return self.practice.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def ends(self) -> list[str]:
        flags = [each for each in self.before.flags.values() if each["status"] == "active"]
        return [each["period"]["end"] for each in flags if "end" in each["period"]]

    def signs(self, *values: str) -> list[Key]:
        """The Observations that say one of these, or anything."""
        found = self.received.evidence()
        return sorted(
            key for key in found if key[0] == "Observation" and (not values or found[key]["valueString"] in values)
        )

    def findings(self, kinds: Sequence[str], of: str, ago: int) -> list[Resource]:
        """One of each id, the last."""
        on = self.practice.time.date() - timedelta(days=ago)
        found = [FINDINGS[kind](of, on) for kind in kinds]
        return list({each["id"]: each for each in found}.values())

    def link(self, of: str, into: str, type_: str) -> None:
        if of != into:
            self.people[of]["link"] = [{"other": {"reference": f"Patient/{into}"}, "type": type_}]
        else:
            self.people[of].pop("link", None)

    def told(self, since: timedelta | None) -> Resource:
        """When the sender says it changed a resource, so long before now."""
        if since is None and not self.dated:
            return {}
        return {"meta": {"lastUpdated": (self.practice.time - (since or timedelta(0))).isoformat()}}

    def send(self, resources: list[Resource], *, as_transaction: bool = False, at_once: bool = True) -> None:
        """Post resources, and know of them; at_once: and let a worker do what follows."""
        resources = [{**self.told(None), **each} for each in resources]
        if as_transaction:
            bundle: dict[str, Any] = {"type": "transaction", "entry": [_put(each) for each in resources]}
        else:
            bundle = {"type": "collection", "entry": [{"resource": each} for each in resources]}
        self.last_bundle = bundle
        self.post(bundle)
        self.keep(bundle)
        if at_once:
            self.work()

    def post(self, bundle: dict[str, Any]) -> None:
        self.submissions.append(self.practice.receipt({"resourceType": "Bundle", **bundle}).submission)

    def keep(self, bundle: dict[str, Any]) -> None:
        for each in bundle["entry"]:
            self.received.put(each["resource"], self.practice.time)

    def work(self) -> None:
        """Until nobody waits, not even for another try; what is to happen meanwhile happens before a worker writes."""
        work.wake(self.practice.worker(self.passing), [])
        while self.meanwhile:
            self.meanwhile.pop()()
        self.ticks.seconds += 2 * work.RETRY_SECONDS
        self.practice.work()

    def passing(self, place: str) -> None:
        if place == "work.before-transaction" and self.meanwhile:
            self.practice.later(minutes=1)
            self.meanwhile.pop()()

    def persons(self) -> list[frozenset[str]]:
        """The patients, together where one is linked to the other."""
        linked = any("link" in each for key, each in self.received.evidence().items() if key[0] == "Patient")
        return [frozenset(PATIENTS)] if linked else [frozenset({each}) for each in PATIENTS]

    def fresh(self, person: frozenset[str]) -> Mapping[str, Stands]:
        """What a store says of one person that holds nothing but what counts."""
        told = self.received.of(person)
        practice = self.practice
        by = (told.told(), practice.time.date(), practice.protocol.version, practice.maps.get(TENANT))
        if by not in self.known:
            self.known[by] = _decided(told, practice)
        return self.known[by]


class ChartedInDatabase(Charted):
    """The same over SQLite."""

    def opened(self) -> Store:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(_empty(), self.folder / "store.sqlite")
        return open_store(self.folder / "store.sqlite", self.ticks)

    def teardown(self) -> None:
        super().teardown()
        self.practice.store.close()  # type: ignore[attr-defined]
        shutil.rmtree(self.folder)


@cache
def _empty() -> Path:
    """A store that holds nothing yet."""
    path = Path(tempfile.mkdtemp()) / "empty.sqlite"
    open_store(path).close()
    return path


def _decided(told: Received, practice: Practice) -> Mapping[str, Stands]:
    fresh = Practice(time=practice.time, protocol=practice.protocol, maps=practice.maps)
    for at, resources in told.arrivals():
        fresh.time = at
        fresh.post(*resources)
    fresh.time = practice.time
    fresh.work()
    return Chart.of(fresh, PATIENTS).stands()


def _silenced(stands: Stands) -> Stands:
    return Stands(stands.key, stands.findings)


def _put(resource: Resource) -> dict[str, Any]:
    return {"resource": resource, "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}}


def _unserved(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key != "meta"}


@pytest.mark.parametrize("outcome", RECORDS)
def test_the_alphabet_reaches_every_outcome(outcome: str) -> None:
    practice = Practice()
    found = [FINDINGS[kind]("a", practice.time.date()) for kind in RECORDS[outcome]]
    practice.answer(patient("a"), *found)
    stands = Chart.of(practice, PATIENTS).stands()
    reached = stands["a"].findings[0][0] if stands else "not-applicable"
    assert reached == outcome
    assert set(RECORDS) == set(Outcome)


@pytest.mark.parametrize("machine", [Charted, ChartedInDatabase])
def test_where_one_version_has_no_time_the_last_that_came_counts_in_all_things(machine: type[Charted]) -> None:
    story = machine()
    story.send([story.people["a"], story.people["b"]])
    story.link("a", "b", "replaced-by")
    for since in (timedelta(0), timedelta(0)):
        story.send([{**story.people["a"], **story.told(since)}])
        story.practice.later(minutes=1)
    story.link("a", "a", "")
    story.send([{**story.people["a"], **story.told(timedelta(days=2))}])
    story.holds_what_counts()
    assert story.practice.survivors(["a"]) == {"a": "a"}
    story.teardown()


def run(machine: type[Charted], examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(600)
def test_after_every_act_the_chart_is_what_todays_evidence_says() -> None:
    run(Charted, examples=60, steps=25)


@pytest.mark.timeout(600)
def test_after_every_act_the_chart_in_a_database_is_what_todays_evidence_says() -> None:
    run(ChartedInDatabase, examples=8, steps=15)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("machine", [Charted, ChartedInDatabase])
def test_after_every_act_of_many_long_stories(machine: type[Charted]) -> None:
    run(machine, examples=200 if machine is Charted else 40, steps=50)
