"""Reading over HTTP: a resource, one of its versions, a submission's Task."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import orjson
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.domain.errors import NotFound, Refusal, Refused
from fhirsvc.fhir.resource_types import KEPT
from fhirsvc.fhir.task import task
from fhirsvc.settings import TENANT
from fhirsvc.usecases import read
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.reading import DELETED
from fhirsvc.web.capability import Offer
from fhirsvc.web.conditions import is_known
from fhirsvc.web.exchange import fhir_json, must_answer_in_json, service_of, stamps
from fhirsvc.web.receipts import receipt_of

Found = TypeVar("Found")

_VERSION = re.compile("[1-9][0-9]{0,8}")


async def get_current(request: Request) -> Response:
    """The newest version of one resource."""
    at = request.path_params
    return _shown(request, await _asked(request, read.current, at["type"], at["id"]))


async def get_version(request: Request) -> Response:
    """One version of one resource."""
    at = request.path_params
    if not _VERSION.fullmatch(at["version"]):
        raise NotFound
    return _shown(request, await _asked(request, read.version, at["type"], at["id"], int(at["version"])))


async def get_task(request: Request) -> Response:
    """How far a submission has come and what was answered, as a Task."""
    progress = await _asked(request, read.submission, request.path_params["id"])
    return fhir_json(orjson.dumps(task(receipt_of(progress))))


async def _asked(request: Request, verb: Callable[..., Found | None], *about: object) -> Found:
    """What a reading use case finds, or NotFound; the store is asked in a thread."""
    must_answer_in_json(request)
    found = await run_in_threadpool(partial(verb, TENANT, *about, store=service_of(request).store))
    if found is None:
        raise NotFound
    return found


def _shown(request: Request, version: Version) -> Response:
    if version.deleted:
        raise Refused(Refusal.GONE, [DELETED])
    if is_known(request, version):
        return Response(status_code=304, headers=stamps(version))
    return fhir_json(version.body, stamps(version))


_KEPT = tuple(sorted(KEPT))

READS = (
    Offer("GET", "/{type}/{id}", get_current, ("read", "conditional-read"), _KEPT),
    Offer("GET", "/{type}/{id}/_history/{version}", get_version, ("vread",), _KEPT),
    Offer("GET", "/Task/{id}", get_task, ("read",), ("Task",)),
)
