"""A small alphabet of resources of invented patients that together reach every outcome of the protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from tests.unit.usecases.clinic import pain, reflex

Resource = dict[str, Any]
LOCAL = "http://his.example/codes"


def sign(kind: str, text: str, value: str, of: str, on: date, side: str = "left") -> Resource:
    """An Observation; one of a kind has one id per patient, so that another value is a correction."""
    named = reflex(value, f"{kind}-{of}", of=of, side=side)
    return {**named, "code": {"text": text}, "effectiveDateTime": on.isoformat()}


def _complaint(verified: str = "confirmed", clinical: str = "active", side: str = "left") -> Finding:
    def told(of: str, on: date) -> Resource:
        resource = {**pain(f"pain-{of}", of=of, side=side, verified=verified), "recordedDate": on.isoformat()}
        if verified == "entered-in-error":
            del resource["clinicalStatus"]
        elif clinical != "active":
            resource["clinicalStatus"]["coding"][0]["code"] = clinical
        return resource

    return told


def _sign(kind: str, text: str, value: str, side: str = "left") -> Finding:
    return lambda of, on: sign(kind, text, value, of, on, side)


def _back_pain(of: str, on: date) -> Resource:
    """It began long ago."""
    resource = {**pain(f"back-{of}", of=of), "code": {"text": "Low back pain"}, "recordedDate": on.isoformat()}
    del resource["bodySite"]
    return {**resource, "onsetDateTime": f"{on.year - 1}-01-01"}


def _own_word(of: str, on: date) -> Resource:
    """A lost reflex under a code that nobody knows but its sender."""
    code = {"coding": [{"system": LOCAL, "code": "NEU-17", "display": "TA jerk"}]}
    return {**sign("jerk", "", "absent", of, on), "code": code}


Finding = Callable[[str, date], Resource]
"""Of which patient, recorded on which day."""

FINDINGS: Mapping[str, Finding] = {
    "pain": _complaint(),
    "pain on both sides": _complaint(side="bilateral"),
    "pain refuted": _complaint("refuted"),
    "pain resolved": _complaint(clinical="resolved"),
    "pain in error": _complaint("entered-in-error"),
    "reflex absent": _sign("reflex", "Achilles reflex", "absent"),
    "reflex normal": _sign("reflex", "Achilles reflex", "normal"),
    "other reflex normal": _sign("other", "Achilles reflex", "normal", "right"),
    "leg raise positive": _sign("slr", "Straight leg raise", "positive"),
    "leg raise negative": _sign("slr", "Straight leg raise", "negative"),
    "second leg raise positive": _sign("second", "Straight leg raise", "positive"),
    "leg symptoms": _sign("leg", "Radiating leg symptoms", "present"),
    "no leg symptoms": _sign("leg", "Radiating leg symptoms", "absent"),
    "tender": _sign("tender", "Plantar fascia tenderness", "present"),
    "not tender": _sign("tender", "Plantar fascia tenderness", "absent"),
    "tarsal tunnel": _sign("tunnel", "Tarsal tunnel sign", "positive"),
    "gait": _sign("gait", "Antalgic gait", "present"),
    "back pain": _back_pain,
    "saddle": _sign("saddle", "Saddle sensation", "lost"),
    "saddle normal": _sign("saddle", "Saddle sensation", "normal"),
    "own word": _own_word,
}

_PAIR = ("reflex absent", "other reflex normal")
_SCREEN = ("reflex normal", "other reflex normal", "no leg symptoms", "leg raise negative")
RECORDS: Mapping[str, tuple[str, ...]] = {
    "urgent": ("pain", "saddle"),
    "indicated": ("pain", *_PAIR, "leg raise positive"),
    "coexisting": ("pain", *_PAIR, "leg raise positive", "tender"),
    "consider": ("pain", *_PAIR),
    "biomechanical": ("pain", *_SCREEN, "tender", "back pain", "gait"),
    "alternative": ("pain", "tarsal tunnel"),
    "not-indicated": ("pain", "tender"),
    "insufficient": ("pain",),
    "not-applicable": ("pain refuted",),
}
"""What is recorded of an adult, by the outcome it reaches when it is new."""
