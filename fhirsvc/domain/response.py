"""A clinician's word on an impression: agreement, or an override with its reason; by whom, and what else was said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a clinician says of an impression: it is right, or it is set aside although the record says so."""

    AGREE = "agree"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinician:
    """Who said it, as far as was told: at least one of reference, value and name is there, the others are "".

    reference: of a Practitioner or PractitionerRole, relative or absolute.  system, value: an identifier.
    """

    reference: str = ""
    system: str = ""
    value: str = ""
    name: str = ""

    @property
    def label(self) -> str:
        """The one way to name them in a line: name, else reference, else identifier."""
        return self.name or self.reference or (f"{self.system}|{self.value}" if self.system else self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The reason of an override: a code of the closed list with its words, or words alone (code "")."""

    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What one clinician said of one impression; why None = no reason was given, which an override may not lack."""

    kind: Kind
    who: Clinician
    why: Why | None = None
    comment: str = ""
