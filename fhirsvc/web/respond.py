"""A clinician's word on an impression over HTTP: the operation $respond."""

from __future__ import annotations

import orjson
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from fhirsvc.bootstrap import Service
from fhirsvc.fhir.operations import RESPOND
from fhirsvc.fhir.response import OVERRIDE_REASON, answer, read_word, reasons_of
from fhirsvc.settings import TENANT
from fhirsvc.usecases.ports import Version
from fhirsvc.usecases.respond import respond
from fhirsvc.web.capability import Offer
from fhirsvc.web.exchange import body_in_json, fhir_json, service_of


async def post_word(request: Request) -> Response:
    """Keep a clinician's word; the answer follows the commit."""
    body = await body_in_json(request)
    provenance = await run_in_threadpool(_kept, service_of(request), request.path_params["id"], body)
    return fhir_json(orjson.dumps(answer(provenance.body)))


def _kept(service: Service, impression: str, body: bytes) -> Version:
    reasons = next(each.body for each in service.catalogue.shipped if each.url == OVERRIDE_REASON)
    word = read_word(body, reasons_of(reasons))
    return respond(TENANT, impression, word, store=service.store, clock=service.clock, judge=service.judge)


RESPONSES = (
    Offer("POST", "/ClinicalImpression/{id}/$respond", post_word, ("$respond",), ("ClinicalImpression",), RESPOND),
)
