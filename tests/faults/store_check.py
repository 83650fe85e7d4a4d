"""What must be true of a store when all is quiet, judged from its file and a client's own log of acknowledgements."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from fhirsvc.adapters.database import open_store
from fhirsvc.usecases.decide import Judge, decide, known

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
        ]
    database.close()
    return [*found, *_outdated(file, judge)]


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
            held = known(transaction, TENANT, patient, judge)
        newest = max(each.received for each in held.evidence)
        if decide(held, judge, newest).decision is not None:
            yield f"what stands of {patient} is not what the evidence says"
    store.close()
