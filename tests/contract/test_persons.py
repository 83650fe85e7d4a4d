"""What every store promises of persons: who is one is kept, their watermark is one, and evidence finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from fhirsvc.domain.joining import Identity, Joined, Link, LinkType
from fhirsvc.domain.lifecycle import FailureReason, SubmissionState
from fhirsvc.usecases.ports import Judged, Store, Submission, Touch, Version

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ONE, OTHER = ("urn:clinic", "1"), ("urn:clinic", "2 with a space")


def who(patient: str, *numbers: tuple[str, str], other: str = "") -> Identity:
    links = frozenset({Link(LinkType.REPLACED_BY, other)} if other else ())
    return Identity(
        patient=patient,
        identifiers=frozenset({*numbers, ("urn:any", patient)}),
        numbers=frozenset(numbers),
        links=links,
        birth="1980-05",
        gender="female",
        active=False,
    )


def identify(store: Store, *identities: Identity, tenant: str = "t") -> None:
    with store.writing() as transaction:
        transaction.persons.identify(tenant, identities)


def join(store: Store, survivor: str, *members: str) -> None:
    with store.writing() as transaction:
        transaction.persons.join("t", [Joined(survivor, tuple(sorted(members)))])


def touch(store: Store, *patients: str, submission: str = "") -> None:
    with store.writing() as transaction:
        marks = transaction.patients.touch("t", patients)
        if submission:
            kept = Submission(
                id=submission, received=NOON, changed=NOON, digest="d", body=b"{}", state=SubmissionState.RECEIVED
            )
            transaction.submissions.add("t", kept, [Touch(each, marks[each]) for each in patients])
        transaction.jobs.schedule("t", patients)


def watermarks(store: Store, *patients: str) -> list[int]:
    with store.reading() as transaction:
        return [transaction.patients.watermark("t", each) for each in patients]


def claimed(store: Store) -> list[tuple[str, int]]:
    with store.writing() as transaction:
        return [(job.patient, job.watermark) for job in transaction.jobs.claim(64)]


def members(store: Store, person: str) -> Sequence[str]:
    with store.reading() as transaction:
        return transaction.persons.members("t", person)


def state(store: Store, submission: str) -> SubmissionState:
    with store.reading() as transaction:
        found = transaction.submissions.get("t", submission)
        assert found is not None
        return found[0].state


def judged(patient: str, watermark: int) -> Judged:
    return Judged(
        patient=patient,
        protocol="heel",
        ordinal=1,
        watermark=watermark,
        on=date(2026, 5, 1),
        key="k",
        outcome="consider",
        rule="C1",
        made=NOON,
        trace=b"{}",
    )


def test_who_a_patient_is_comes_back_as_it_was_kept(store: Store) -> None:
    identify(store, who("a", ONE, OTHER, other="b"))
    identify(store, who("a", ONE), tenant="other")
    with store.reading() as transaction:
        assert transaction.persons.identities("t", ["a", "b"]) == {"a": who("a", ONE, OTHER, other="b")}
        assert transaction.persons.identities("other", ["a"]) == {"a": who("a", ONE)}


def test_the_last_word_on_who_a_patient_is_counts_alone(store: Store) -> None:
    identify(store, who("a", ONE, other="b"))
    identify(store, who("a", OTHER))
    with store.reading() as transaction:
        assert transaction.persons.identities("t", ["a"]) == {"a": who("a", OTHER)}
        assert transaction.persons.bearers("t", [ONE]) == {}
        assert set(transaction.persons.tied("t", [who("x", ONE), who("b")])) == set()
        assert set(transaction.persons.tied("t", [who("x", OTHER)])) == {"a"}


def test_ties_are_shared_numbers_and_links_to_one(store: Store) -> None:
    identify(store, who("a", ONE), who("b", ONE), who("c", other="a"), who("d", OTHER))
    identify(store, who("z", ONE), tenant="other")
    with store.reading() as transaction:
        assert set(transaction.persons.tied("t", [who("a", ONE)])) == {"a", "b", "c"}
        assert set(transaction.persons.tied("t", [who("d")])) == set()
        assert set(transaction.persons.tied("t", [])) == set()


def test_bearers_are_found_by_any_identifier(store: Store) -> None:
    identify(store, who("a", ONE), who("b", ONE, OTHER))
    with store.reading() as transaction:
        found = transaction.persons.bearers("t", [ONE, OTHER, ("urn:any", "b"), ("urn:any", "nobody")])
    assert {number: set(patients) for number, patients in found.items()} == {
        ONE: {"a", "b"},
        OTHER: {"b"},
        ("urn:any", "b"): {"b"},
    }


def test_many_are_asked_after_at_once(store: Store) -> None:
    many = [f"p{number:05}" for number in range(12_000)]
    with store.writing() as transaction:
        assert len(transaction.patients.touch("t", many)) == 12_000
        assert len(transaction.persons.of("t", many)) == 12_000
        assert transaction.persons.bearers("t", [("urn:any", each) for each in many]) == {}
        assert set(transaction.persons.tied("t", [who(each) for each in many])) == set()


def test_a_patient_that_nobody_joined_is_its_own_person(store: Store) -> None:
    touch(store, "a")
    with store.reading() as transaction:
        assert transaction.persons.of("t", ["a", "unknown"]) == {"a": "a", "unknown": "unknown"}
    assert (members(store, "a"), members(store, "unknown")) == (["a"], [])


def test_a_person_is_named_by_its_survivor_and_can_split_again(store: Store) -> None:
    touch(store, "a", "b", "c")
    join(store, "b", "a", "b", "never-seen")
    assert (members(store, "b"), members(store, "a")) == (["a", "b", "never-seen"], [])
    with store.reading() as transaction:
        assert transaction.persons.of("t", ["a", "c"]) == {"a": "b", "c": "c"}
    join(store, "a", "a")
    assert (members(store, "a"), members(store, "b")) == (["a"], ["b", "never-seen"])


def test_the_patients_of_a_person_share_one_watermark_that_only_rises(store: Store) -> None:
    touch(store, "a")
    touch(store, "a")
    touch(store, "b")
    assert watermarks(store, "a", "b") == [2, 1]
    join(store, "b", "a", "b")
    touch(store, "b")
    assert watermarks(store, "a", "b") == [3, 3]
    touch(store, "a", "b")
    assert watermarks(store, "a", "b") == [4, 4]
    join(store, "a", "a")
    touch(store, "a", "b")
    assert watermarks(store, "a", "b") == [5, 5]


def test_a_person_has_one_job_whichever_patient_was_touched(store: Store) -> None:
    touch(store, "a", "b")
    assert claimed(store) == [("a", 1), ("b", 1)]
    join(store, "b", "a", "b")
    with store.writing() as transaction:
        transaction.patients.touch("t", ["a"])
        (first,) = transaction.jobs.schedule("t", ["a"])
        assert transaction.jobs.schedule("t", ["a", "b"]) == [first]


def test_a_person_left_behind_is_scheduled_by_the_sweep_once(store: Store) -> None:
    join(store, "b", "a", "b")
    with store.writing() as transaction:
        transaction.patients.touch("t", ["a"])
        transaction.jobs.sweep(date(2026, 5, 1))
    assert claimed(store) == [("b", 1)]


def test_an_assessment_covers_what_came_of_every_patient_of_the_person(store: Store) -> None:
    join(store, "b", "a", "b")
    touch(store, "a", submission="s1")
    touch(store, "b", "c", submission="s2")
    with store.writing() as transaction:
        assessment = transaction.patients.judge("t", judged("b", 2))
        transaction.submissions.cover("t", "b", 2, assessment, at=NOON)
    assert (state(store, "s1"), state(store, "s2")) == (SubmissionState.COMPLETED, SubmissionState.RECEIVED)
    with store.writing() as transaction:
        found = transaction.submissions.get("t", "s2")
        assert found is not None
        assert [(each.patient, each.assessment) for each in found[1]] == [("b", assessment), ("c", None)]
        assert transaction.patients.judged("t", assessment).patient == "b"
        for job in transaction.jobs.claim(64):
            transaction.jobs.finish(job)
        transaction.jobs.sweep(date(2026, 5, 1))
    assert [patient for patient, _ in claimed(store)] == ["c"]


def test_a_job_that_dies_ends_what_waited_of_every_patient_of_the_person(store: Store) -> None:
    join(store, "b", "a", "b")
    touch(store, "a", submission="s1")
    with store.writing() as transaction:
        (job,) = transaction.jobs.claim(64)
        transaction.submissions.start([job], NOON)
    assert state(store, "s1") is SubmissionState.PROCESSING
    with store.writing() as transaction:
        assert transaction.jobs.bury(job, FailureReason.EVALUATION_FAILED)
        transaction.submissions.fail(job, FailureReason.EVALUATION_FAILED, NOON)
        transaction.jobs.sweep(date(2026, 5, 1))
    assert (state(store, "s1"), claimed(store)) == (SubmissionState.FAILED, [])


def observation(id_: str, patient: str | None, subject: tuple[str, str] | None, number: int = 1) -> Version:
    return Version(
        type="Observation",
        id=id_,
        version=number,
        received=NOON,
        first_received=NOON,
        body=b"{}",
        patient=patient,
        submission="s",
        subject=subject,
    )


def test_what_names_its_patient_by_an_identifier_is_found_by_it_and_given_to_whom_it_means(store: Store) -> None:
    kept = [observation("o1", None, OTHER), observation("o2", "p2", None), observation("o3", "p3", ONE)]
    with store.writing() as transaction:
        transaction.resources.add("t", kept)
        transaction.resources.add("t", [observation("o3", "p3", None, 2)])
    with store.writing() as transaction:
        assert transaction.resources.about("t", [ONE, OTHER]) == kept[:1]
        assert transaction.resources.about("other", [OTHER]) == []
        transaction.resources.assign("t", [replace(kept[0], patient="p1")])
    with store.reading() as transaction:
        given = replace(kept[0], patient="p1")
        assert transaction.resources.evidence("t", ["p1", "nobody"]) == [given]
        assert transaction.resources.version("t", "Observation", "o1", 1) == given
        assert len(transaction.resources.evidence("t", ["p1", "p2"])) == 2
