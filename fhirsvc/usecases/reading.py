"""What a GET or HEAD of a Bundle finds."""

from __future__ import annotations

import re
from datetime import datetime

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity
from fhirsvc.fhir.requests import Request
from fhirsvc.fhir.search import PARAMETERS, ask
from fhirsvc.usecases.arrival import Arrival
from fhirsvc.usecases.ports import Transaction, Version
from fhirsvc.usecases.receipt import Change, Received
from fhirsvc.usecases.search import search_in
from fhirsvc.usecases.searchset import drawn

_NUMBER = re.compile("[1-9][0-9]{0,8}")


def read_entry(request: Request, arrival: Arrival, transaction: Transaction) -> Received:
    """A resource, one of its versions, or the first page of a search.  Raises Refused when there is no such."""
    return _read(request, arrival, transaction) if request.id else _searched(request, arrival, transaction)


def _read(request: Request, arrival: Arrival, transaction: Transaction) -> Received:
    version = _version(request, arrival.tenant, transaction)
    if version is None:
        raise Refused(Refusal.NOT_FOUND, [_NOTHING])
    if version.deleted:
        raise Refused(Refusal.GONE, [DELETED])
    has_it = is_known(request, version)
    return Received(
        change=Change.NOT_MODIFIED if has_it else Change.FOUND,
        type=version.type,
        id=version.id,
        version=version.version,
        last_modified=version.received,
        resource=b"" if has_it or request.method == "HEAD" else version.body,
    )


def _version(request: Request, tenant: str, transaction: Transaction) -> Version | None:
    if not request.version:
        return transaction.resources.heads(tenant, [(request.type, request.id)]).get((request.type, request.id))
    if not _NUMBER.fullmatch(request.version):
        return None
    return transaction.resources.version(tenant, request.type, request.id, int(request.version))


def is_known(request: Request, version: Version) -> bool:
    """Does the sender have it already: by If-None-Match or, only without that, by If-Modified-Since (RFC 9110)?"""
    if request.none_match is not None:
        return request.none_match.match(version.version)
    return request.modified_since is not None and _as_told(version, request.modified_since) <= request.modified_since


def _as_told(version: Version, since: datetime) -> datetime:
    """When a version came; to the second when it is compared with what HTTP told in seconds."""
    return version.received if since.microsecond else version.received.replace(microsecond=0)


def _searched(request: Request, arrival: Arrival, transaction: Transaction) -> Received:
    if request.type not in PARAMETERS:
        raise Refused(Refusal.NOT_SUPPORTED, [_UNSEARCHED])
    asked = ask(request.type, request.query or (), now=arrival.at, base=arrival.bases.own)
    found = search_in(transaction.resources, arrival.tenant, asked)
    body = b"" if request.method == "HEAD" else drawn(asked, found, arrival.bases.own)
    return Received(change=Change.FOUND, type=request.type, resource=body)


def _fault(code: IssueCode, text: str, refusal: Refusal | None = None) -> Issue:
    return Issue(Severity.ERROR, code, text, refusal=refusal)


_NOTHING = _fault(IssueCode.NOT_FOUND, "Nothing is kept under this address.", Refusal.NOT_FOUND)
DELETED = _fault(IssueCode.DELETED, "The resource was deleted; its history is kept.")
_UNSEARCHED = _fault(IssueCode.NOT_SUPPORTED, "Resources of this type are not searched.")
