"""Versions as the tests of both stores keep and find them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from fhirsvc.fhir.search import ask
from fhirsvc.usecases.ports import Page, Store, Version

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def version(id_: str, number: int = 1, **values: object) -> Version:
    given: dict[str, object] = {
        "type": "Observation",
        "id": id_,
        "version": number,
        "received": NOON,
        "first_received": NOON,
        "body": b'{"resourceType":"Observation"}',
        "patient": "p1",
        "submission": "s1",
        **values,
    }
    return Version(**given)  # type: ignore[arg-type]


def impression(id_: str, date: str, *, patient: str = "p1", status: str = "completed", number: int = 1) -> Version:
    body = {
        "resourceType": "ClinicalImpression",
        "status": status,
        "date": date,
        "identifier": [{"system": "urn:ours", "value": f"value-{id_}"}],
    }
    return version(
        id_, number, type="ClinicalImpression", patient=patient, submission=None, body=json.dumps(body).encode()
    )


def flag(id_: str, start: str | None, end: str | None = None, *, status: str = "active") -> Version:
    ends = {"start": start, "end": end}
    body = {"resourceType": "Flag", "status": status, "period": {key: at for key, at in ends.items() if at}}
    return version(id_, type="Flag", submission=None, body=json.dumps(body).encode())


def add(store: Store, *versions: Version, tenant: str = "t") -> None:
    with store.writing() as transaction:
        transaction.resources.add(tenant, versions)


def found(store: Store, *query: tuple[str, str], type_: str = "ClinicalImpression", tenant: str = "t") -> list[str]:
    return [each.id for each in page(store, *query, type_=type_, tenant=tenant).versions]


def page(store: Store, *query: tuple[str, str], type_: str = "ClinicalImpression", tenant: str = "t") -> Page:
    with store.reading() as transaction:
        return transaction.resources.search(tenant, ask(type_, query, now=NOON).criteria)
