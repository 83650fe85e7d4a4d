"""What every FHIR address does alike with a request and an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from fastapi import Request, Response

from fhirsvc.bootstrap import Service
from fhirsvc.fhir.bundles import etag
from fhirsvc.usecases.ports import Version
from fhirsvc.web import refusals
from fhirsvc.web.body import read_body
from fhirsvc.web.negotiation import FHIR_JSON, reads, writes


def service_of(request: Request) -> Service:
    """The service that the application was made for."""
    service: Service = request.app.state.service
    return service


def must_answer_in_json(request: Request) -> None:
    """Raises NotNegotiable (406) when the sender does not take FHIR JSON."""
    if not writes(request.headers.get("accept"), request.query_params.get("_format")):
        raise refusals.NotNegotiable(406, refusals.NOT_WRITTEN)


async def body_in_json(request: Request) -> bytes:
    """The body as it was sent; raises NotNegotiable (415, 406) when one side does not speak FHIR JSON."""
    must_answer_in_json(request)
    if not reads(request.headers.get("content-type")):
        raise refusals.NotNegotiable(415, refusals.NOT_READ)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise refusals.NotNegotiable(415, refusals.NOT_DECODED)
    return await read_body(request)


def fhir_json(body: bytes, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    """An answer in FHIR JSON; an empty body has no type."""
    return Response(body, status, headers=dict(headers or {}), media_type=FHIR_JSON if body else None)


def stamps(version: Version) -> dict[str, str]:
    """The headers that tell a version: its ETag, and when it came."""
    return {"etag": etag(version.version), "last-modified": http_date(version.received)}


def http_date(moment: datetime) -> str:
    """An instant in UTC as HTTP writes it, to the second."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
