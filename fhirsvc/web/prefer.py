"""What a sender prefers of an answer, as the header Prefer says it (RFC 7240, http://hl7.org/fhir/R4/http.html#ops)."""

from __future__ import annotations

import re
from enum import StrEnum

from fastapi import Request

ASYNC = "respond-async"
LENIENT = "handling=lenient"


class Return(StrEnum):
    """What the answer to a write holds."""

    MINIMAL = "minimal"
    REPRESENTATION = "representation"
    OUTCOME = "operationoutcome"


def preferences(request: Request) -> frozenset[str]:
    """All that is preferred, in lower case and without spaces or quotes: "return=minimal"."""
    given = ",".join(request.headers.getlist("prefer"))
    return frozenset(re.sub(r"[\s\"]", "", each).lower() for each in re.split("[,;]", given))


def returning(request: Request) -> Return:
    """What a write is to be answered with; the resource where nothing that is known is asked for."""
    preferred = preferences(request)
    return next((each for each in Return if f"return={each}" in preferred), Return.REPRESENTATION)
