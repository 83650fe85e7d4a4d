"""What clinicians said of impressions, in a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError

from fhirsvc.adapters.database.persons import in_parts
from fhirsvc.adapters.database.tables import RESPONSE
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.usecases.ports import Response

_OF_TENANT = RESPONSE.c.tenant == bindparam("of_tenant")

# Statements are made once: making one costs more than running it.
_KEEP = insert(RESPONSE)
_ONE = select(RESPONSE).where(_OF_TENANT, RESPONSE.c.id == bindparam("of_id"))
_ABOUT = select(RESPONSE).where(_OF_TENANT, RESPONSE.c.patient.in_(bindparam("of_patients", expanding=True)))
_RULE_AND_KIND = (RESPONSE.c.tenant, RESPONSE.c.rule, RESPONSE.c.kind)
_COUNTED = select(*_RULE_AND_KIND, func.count().label("count")).group_by(*_RULE_AND_KIND)


class DatabaseResponses:
    """See ports.Responses."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, tenant: str, response: Response) -> None:
        """Keep a response; ValueError when its id is not new."""
        try:
            self._connection.execute(_KEEP, _row(tenant, response))
        except IntegrityError:
            raise ValueError("a response is kept once") from None

    def get(self, tenant: str, id: str) -> Response | None:
        """A response, or None."""
        row = self._connection.execute(_ONE, {"of_tenant": tenant, "of_id": id}).first()
        return _response(row) if row else None

    def of(self, tenant: str, patients: Collection[str]) -> Sequence[Response]:
        """The responses to what was written for these Patients, in order of time."""
        found = [
            _response(row)
            for some in in_parts(patients)
            for row in self._connection.execute(_ABOUT, {"of_tenant": tenant, "of_patients": some})
        ]
        return sorted(found, key=lambda each: (each.at, each.id))

    def tallies(self) -> Mapping[str, Mapping[str, Mapping[Kind, int]]]:
        """How many of each kind there are, by tenant and rule."""
        counts: dict[str, dict[str, dict[Kind, int]]] = {}
        for tenant, rule, kind, count in self._connection.execute(_COUNTED):
            counts.setdefault(tenant, {}).setdefault(rule, {})[Kind(kind)] = count
        return counts


def _row(tenant: str, response: Response) -> dict[str, object]:
    word = response.word
    return {
        "tenant": tenant,
        "id": response.id,
        "patient": response.patient,
        "impression": response.impression,
        "key": response.key,
        "rule": response.rule,
        "kind": word.kind,
        "reason": word.why.code if word.why else "",
        "reason_text": word.why.text if word.why else "",
        "comment": word.comment,
        "who": orjson.dumps(asdict(word.who)),
        "at": response.at,
    }


def _response(row: Row[tuple[Any, ...]]) -> Response:
    why = Why(code=row.reason, text=row.reason_text) if row.reason_text else None
    who = Clinician(**orjson.loads(row.who))
    return Response(
        id=row.id,
        patient=row.patient,
        impression=row.impression,
        key=row.key,
        rule=row.rule,
        word=Word(kind=Kind(row.kind), who=who, why=why, comment=row.comment),
        at=row.at,
    )
