"""Every interaction that is offered, with what each of its statuses means: the table the documents are held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Statuses = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Interaction:
    """What is done, and by which statuses it is answered; EVERY_TIME comes on top of them.

    code: of FHIR R4's type- or system-restful-interaction, or of the conditional forms, operations and addresses that
    have no code there.  sends, gives: the type of resource that a POST or PUT carries, and that a success answers with;
    RESOURCE = of the type of the address, FORM = a query as a form, "" = none.  headers, queries: what may be said.
    """

    code: str
    title: str
    statuses: Statuses
    sends: str = ""
    gives: str = ""
    headers: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()


RESOURCE, FORM = "Resource", "form"

EVERY_TIME: Statuses = {
    405: "The address does not offer the method; Allow says which it offers.",
    406: "Something other than FHIR R4 JSON is asked for.",
    500: "A fault of the service; X-Request-Id names it in the log.",
    503: "The store cannot be reached now; Retry-After says when to send it again.",
}
"""What any address may answer."""

_NO_JSON = "Not JSON, not FHIR R4, or against its rules."
_TOO_LONG = "The body is longer than 10 MiB, or the Bundle has more entries than are taken."
_NOT_READ = "The body is something other than FHIR R4 JSON, or compressed."
_NOT_TAKEN = "FHIR that is not taken here: its type, a modifier, a reference to nothing, evidence from the future."
_NOTHING = "Nothing is kept under this address."
_DELETED = "It was deleted."
_DELETED_AND_SAID = "Deleted, and with Prefer: return=OperationOutcome it is said."
_OURS = "The service writes this resource itself."
_SAME = "It is as If-None-Match or If-Modified-Since say it is known."
_STALE = "If-Match or If-None-Match is not met."
BODY: Statuses = {400: _NO_JSON, 413: _TOO_LONG, 415: _NOT_READ, 422: _NOT_TAKEN}
"""What a request with a resource or Bundle in its body may be refused for."""

_PARAMETERS: Statuses = {status: BODY[status] for status in (400, 413, 415)}
_READ: Statuses = {200: "The resource.", 404: _NOTHING, 410: _DELETED}
_UNREADABLE_QUERY = "A parameter that is unknown or cannot be read."
_BUNDLE: Statuses = {
    200: "What became of each entry, as a Bundle.",
    202: "With Prefer: respond-async; Content-Location says where the answer will be.",
    **BODY,
}
_TRANSACTION: Statuses = {
    409: "An entry creates, by a query that finds nothing, under the id of another resource.",
    412: "A condition of an entry is not met.",
    501: "An entry asks for PATCH.",
}
_HISTORY: Statuses = {200: "The versions, newest first, as a Bundle.", 400: _UNREADABLE_QUERY}

_WRITING = ("Prefer", "Idempotency-Key")
_READ_IF = ("If-None-Match", "If-Modified-Since")
_PAST = ("_count", "_since", "_at")

_ALL = (
    Interaction("capabilities", "Capabilities", {200: "The CapabilityStatement."}, gives="CapabilityStatement"),
    Interaction(
        "transaction",
        "Transaction",
        {
            **_BUNDLE,
            **_TRANSACTION,
        },
        "Bundle",
        "Bundle",
        headers=_WRITING,
    ),
    Interaction("batch", "Batch or collection", _BUNDLE, "Bundle", "Bundle", headers=_WRITING),
    Interaction("create", "Create", {201: "Created.", **BODY}, RESOURCE, RESOURCE, headers=_WRITING),
    Interaction(
        "conditional-create",
        "Create if there is none",
        {
            200: "One is found: it stands as it is.",
            201: "Nothing is found: created.",
            **BODY,
            412: "Several are found.",
        },
        RESOURCE,
        RESOURCE,
        headers=("If-None-Exist", *_WRITING),
    ),
    Interaction("read", "Read", _READ, gives=RESOURCE),
    Interaction("conditional-read", "Read if it changed", {**_READ, 304: _SAME}, gives=RESOURCE, headers=_READ_IF),
    Interaction("vread", "Read a version", _READ, gives=RESOURCE),
    Interaction(
        "update",
        "Update, or create under an id",
        {200: "Updated, or it says what stands.", 201: "Created.", **BODY, 412: _STALE},
        RESOURCE,
        RESOURCE,
        headers=("If-Match", "If-None-Match", *_WRITING),
    ),
    Interaction(
        "conditional-update",
        "Update what a query finds",
        {
            200: "Updated, or it says what stands.",
            201: "The query finds nothing: created.",
            **BODY,
            409: "The query finds nothing, and the id is that of another resource.",
            412: "The query finds several, or If-Match is not met.",
        },
        RESOURCE,
        RESOURCE,
        headers=("If-Match", *_WRITING),
    ),
    Interaction(
        "delete",
        "Delete",
        {
            200: _DELETED_AND_SAID,
            204: "Deleted, or there was nothing.",
            400: "If-Match cannot be read.",
            412: "If-Match is not met.",
            422: _OURS,
        },
        gives="OperationOutcome",
        headers=("If-Match", *_WRITING),
    ),
    Interaction(
        "conditional-delete",
        "Delete what a query finds",
        {
            200: _DELETED_AND_SAID,
            204: "Deleted, or the query finds nothing.",
            400: "No query, or one that cannot be read.",
            412: "The query finds several.",
            422: _OURS,
        },
        gives="OperationOutcome",
        headers=_WRITING,
    ),
    Interaction(
        "search-type",
        "Search",
        {200: "A page of what matches.", 400: _UNREADABLE_QUERY, 413: _TOO_LONG, 415: "The body is no form."},
        FORM,
        "Bundle",
        headers=("Prefer",),
    ),
    Interaction(
        "history-instance", "History of a resource", {**_HISTORY, 404: _NOTHING}, gives="Bundle", queries=_PAST
    ),
    Interaction("history-type", "History of a type", _HISTORY, gives="Bundle", queries=_PAST),
    Interaction("history-system", "History of everything", _HISTORY, gives="Bundle", queries=_PAST),
    Interaction(
        "$respond",
        "A clinician agrees or overrides",
        {
            200: "It is kept, or was before.",
            404: _NOTHING,
            409: "The impression is not current any more, or its sender is in shadow.",
            **_PARAMETERS,
        },
        "Parameters",
        "Parameters",
    ),
    Interaction(
        "$assess-heel-pain",
        "What would be said now",
        {200: "The answer; nothing is written.", 404: _NOTHING, 410: _DELETED, **BODY, **_TRANSACTION},
        "Parameters",
        "Parameters",
    ),
    Interaction(
        "$process-message",
        "Take in a message",
        {200: "The answer, as a message.", **BODY},
        "Bundle",
        "Bundle",
    ),
    Interaction(
        "async-status",
        "Ask for the answer to respond-async",
        {
            200: "The answer, as a Bundle.",
            202: "Not yet; Retry-After says when to ask again.",
            404: "There is none of this address, or it was given up.",
        },
        gives="Bundle",
    ),
    Interaction(
        "async-cancel",
        "Give that answer up",
        {202: "It is given up.", 404: "There is none of this address, or it was given up before."},
    ),
)

INTERACTIONS: Mapping[str, Interaction] = {each.code: each for each in _ALL}
