"""What must be true of a store when all is quiet, judged from its file and a client's own log of acknowledgements."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from fhirsvc.adapters.database import open_store
from fhirsvc.adapters.database.persons import read_number
from fhirsvc.domain.joining import joined
from fhirsvc.fhir.search import indexed
from fhirsvc.usecases.decide import Judge, decide
from fhirsvc.usecases.known import known

TENANT = "default"


class Acknowledged(NamedTuple):
    """One answer that a client received: the submission, the digest of what it sent, the versions it was told of."""

    submission: str
    digest: str
    versions: list[str]


def acknowledged(log: Path) -> list[Acknowledged]:
    """Every answer in a client's log."""
    return [Acknowledged(**json.loads(line)) for line in log.read_text().splitlines()]


def faults(file: Path, log: Path, judge: Judge) -> list[str]:
    """Every promise that the store breaks, in a sentence each."""
    with sqlite3.connect(file) as database:
        found = [
            *_whole(database),
            *_lost(database, acknowledged(log)),
            *_unfinished(database),
            *_double(database),
            *_broken_chains(database),
            *_told_of_the_merged(database),
            *_misfiled(database),
        ]
    database.close()
    return [*found, *_misjoined(file), *_outdated(file, judge)]


def _whole(database: sqlite3.Connection) -> Iterator[str]:
    (said,) = database.execute("PRAGMA integrity_check").fetchone()
    if said != "ok":
        yield f"the file is damaged: {said}"


def _lost(database: sqlite3.Connection, answers: Iterable[Acknowledged]) -> Iterator[str]:
    digests = dict(database.execute("SELECT id, digest FROM submission"))
    versions = {"/".join(map(str, row)) for row in database.execute("SELECT type, id, version FROM version")}
    for answer in answers:
        if digests.get(answer.submission) != answer.digest:
            yield f"submission {answer.submission} was acknowledged and is not kept as it was sent"
        for version in set(answer.versions) - versions:
            yield f"version {version} was acknowledged and is not kept"


def _unfinished(database: sqlite3.Connection) -> Iterator[str]:
    for id_, state in database.execute("SELECT id, state FROM submission WHERE state NOT IN ('completed', 'failed')"):
        yield f"submission {id_} is {state} for ever"
    for id_, state in database.execute("SELECT id, state FROM job WHERE state NOT IN ('done', 'dead')"):
        yield f"job {id_} is {state} for ever"
    for (patient,) in database.execute("SELECT id FROM patient WHERE watermark <> evaluated"):
        yield f"patient {patient} is left behind"
    for (id_,) in database.execute("SELECT id FROM job WHERE state = 'done' AND fence <> attempts"):
        yield f"job {id_} was claimed without counting"


def _misfiled(database: sqlite3.Connection) -> Iterator[str]:
    """What stands is found, as it stands and once, by exactly what it says."""
    standing = "SELECT type, resource, version, patient, id FROM findable WHERE until IS NULL"
    filed = {
        (type_, id_): (version, patient, place) for type_, id_, version, patient, place in database.execute(standing)
    }
    (rows,) = database.execute("SELECT count(*) FROM findable WHERE until IS NULL").fetchone()
    if rows != len(filed):
        yield "a resource is found twice"
    heads = (
        "SELECT head.type, head.id, head.version, version.patient, version.body FROM head JOIN version "
        "ON version.tenant = head.tenant AND version.type = head.type AND version.id = head.id "
        "AND version.version = head.version"
    )
    for type_, id_, number, patient, body in database.execute(heads):
        version, owner, place = filed.get((type_, id_), (0, None, 0))
        by = "SELECT name, system, value FROM found_by WHERE place = ?"
        keys = {(each.name, each.system, each.value) for each in indexed(type_, body).keys}
        if (version, owner, set(database.execute(by, (place,)))) != (number, patient, keys):
            yield f"{type_}/{id_} is not found as it stands"


def _double(database: sqlite3.Connection) -> Iterator[str]:
    for patient, number in Counter(each["subject"]["reference"] for each in _current(database)).items():
        if number > 1:
            yield f"{patient} has {number} current impressions"
    for patient, number in database.execute("SELECT patient, COUNT(*) FROM head WHERE type = 'Flag' GROUP BY patient"):
        if number > 1:
            yield f"{patient} has {number} flags"


def _heads(database: sqlite3.Connection, type_: str) -> list[dict[str, Any]]:
    rows = database.execute(
        "SELECT body FROM head JOIN version USING (tenant, type, id, version) WHERE type = ?", (type_,)
    )
    return [json.loads(body) for (body,) in rows]


def _current(database: sqlite3.Connection) -> list[dict[str, Any]]:
    """Completed, not withdrawn, and not the previous of another completed one (ARCHITECTURE section 4)."""
    completed = [each for each in _heads(database, "ClinicalImpression") if each["status"] == "completed"]
    replaced = {each["previous"]["reference"] for each in completed if "previous" in each}
    return [
        each
        for each in completed
        if f"ClinicalImpression/{each['id']}" not in replaced
        and "withdrawn" not in {tag["code"] for tag in each["meta"].get("tag", ())}
    ]


def _told_of_the_merged(database: sqlite3.Connection) -> Iterator[str]:
    """Answers that stand for a Patient although they are given for the survivor of its person."""
    merged = {f"Patient/{id_}" for (id_,) in database.execute("SELECT id FROM patient WHERE person <> id")}
    active = [each for each in _heads(database, "Flag") if each["status"] == "active"]
    for each in (*_current(database), *active):
        if each["subject"]["reference"] in merged:
            yield f"{each['resourceType']}/{each['id']} stands for a merged patient"
    for (person,) in database.execute(
        "SELECT person FROM patient GROUP BY person HAVING COUNT(DISTINCT watermark) > 1"
    ):
        yield f"the patients of {person} have not one watermark"


def _misjoined(file: Path) -> Iterator[str]:
    """Patients that are another person than all that was said of who they are makes them, and evidence of another."""
    with sqlite3.connect(file) as database:
        persons = dict(database.execute("SELECT id, person FROM patient"))
        named = list(database.execute("SELECT subject, patient FROM head WHERE subject IS NOT NULL"))
    database.close()
    store = open_store(file)
    with store.reading() as transaction:
        identities = transaction.persons.identities(TENANT, persons)
        bearers = transaction.persons.bearers(TENANT, [read_number(subject) for subject, _ in named])
    store.close()
    expected = {member: person.survivor for person in joined(identities.values()) for member in person.members}
    for patient, person in persons.items():
        if person != expected.get(patient, patient):
            yield f"{patient} is not the person that its numbers and links make it"
    for subject, patient in named:
        meant = {persons[each] for each in bearers.get(read_number(subject), ())}
        if patient is None and len(meant) == 1:
            yield f"evidence named by {subject} was not given to who bears it"
        if patient is not None and persons[patient] not in meant:
            yield f"evidence named by {subject} stays with one who does not bear it"


def _broken_chains(database: sqlite3.Connection) -> Iterator[str]:
    chains: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    rows = database.execute("SELECT patient, ordinal, key, impression FROM decision ORDER BY patient, ordinal")
    for patient, ordinal, key, impression in rows:
        chains[patient].append((ordinal, key, impression))
    current = {each["id"] for each in _current(database)}
    written = {each["id"]: each for each in _heads(database, "ClinicalImpression")}
    for patient, chain in chains.items():
        ordinals, keys, impressions = zip(*chain, strict=True)
        if list(ordinals) != list(range(1, len(chain) + 1)):
            yield f"the chain of {patient} has a gap"
        if any(one == next_ for one, next_ in pairwise(keys)):
            yield f"{patient} was told the same twice running"
        ids = [each for each in impressions if each]
        if any(each not in written for each in ids):
            yield f"the chain of {patient} names an impression that is not there"
        elif impressions[-1] and impressions[-1] not in current:
            yield f"the last impression of {patient} is not current"
        elif [_previous(written[each]) for each in ids] != ["", *ids[:-1]]:
            yield f"the impressions of {patient} do not follow each other"
    in_chains = {impression for chain in chains.values() for _, _, impression in chain}
    for id_ in written.keys() - in_chains:
        yield f"impression {id_} belongs to no chain"


def _previous(impression: dict[str, Any]) -> str:
    return str(impression.get("previous", {}).get("reference", "")).removeprefix("ClinicalImpression/")


def _outdated(file: Path, judge: Judge) -> Iterator[str]:
    """Patients of whom something else is said than what all their evidence says."""
    store = open_store(file)
    with sqlite3.connect(file) as database:
        died = "SELECT patient FROM job WHERE state = 'dead'"
        patients = [row[0] for row in database.execute(f"SELECT id FROM patient WHERE id NOT IN ({died})")]  # noqa: S608
    database.close()
    for patient in patients:
        with store.reading() as transaction:
            held = known(transaction, TENANT, patient, judge.protocol.name)
        if held is None:
            continue
        newest = max((each.received for each in held.evidence), default=datetime.now(UTC))
        verdict = decide(held, judge, newest)
        if verdict.decision is not None or verdict.moved:
            yield f"what stands of {patient} is not what the evidence says"
    store.close()
