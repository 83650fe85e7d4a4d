"""A vignette as a test holds it: the bundle that an EHR would send, and what must be answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One finding; the urgent one has no complaint and side. missing: a word among what is not recorded."""

    complaint: str
    side: str
    outcome: str
    rule: str
    missing: str = ""


class Vignette:
    """Number and sentence of RULES section 4, one bundle, and its answers or the rule by which it is not applicable."""

    def __init__(
        self, number: str, text: str, bundle: dict[str, Any], *answers: Answer, not_applicable: str = ""
    ) -> None:
        self.number = number
        self.text = text
        self.bundle = bundle
        self.answers = answers
        self.not_applicable = not_applicable
