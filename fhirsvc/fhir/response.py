"""A clinician's word in FHIR: read from the Parameters of $respond, told in the chart, and answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn

import orjson

from fhirsvc.domain.errors import Issue, IssueCode, Refusal, Refused, Severity, refusal_reason
from fhirsvc.domain.response import Clinician, Kind, Why, Word
from fhirsvc.fhir import narrative
from fhirsvc.fhir.references import Kind as Pointing
from fhirsvc.fhir.references import Reference
from fhirsvc.fhir.resource import BASE, Resource, concept, digest_id, instant, rendered, reread
from fhirsvc.fhir.strict_json import decoded
from fhirsvc.fhir.structure import faults

RESPONSE = f"{BASE}/CodeSystem/response"
OVERRIDE_REASON = f"{BASE}/CodeSystem/override-reason"
LONGEST = 4_000
"""Characters of a reason, a comment or a name."""

PARAMETERS = {
    "response": ("valueCode",),
    "reason": ("valueCodeableConcept", "valueString"),
    "who": ("valueReference", "valueString"),
    "comment": ("valueString",),
}
"""What the operation takes, each at most once, and in which of FHIR's types."""

_CLINICIANS = ("Practitioner", "PractitionerRole")
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_AGENT = {Kind.AGREE: ("verifier", "Verifier"), Kind.OVERRIDE: ("author", "Author")}
_DONE = {Kind.AGREE: "Agreed", Kind.OVERRIDE: "Overridden"}

Json = Mapping[str, Any]


def read_word(body: bytes, reasons: Mapping[str, str]) -> Word:
    """The word that a Parameters resource holds.

    reasons: the codes of CodeSystem/override-reason with their displays.  Raises Refused with every fault and its
    place.
    """
    resource = decoded(body)
    if not isinstance(resource, dict) or resource.get("resourceType") != "Parameters":
        text = "The body must be a Parameters resource with response, who, and for an override reason."
        _refuse([_issue(IssueCode.STRUCTURE, text, "")])
    _refuse_any(faults(resource, "Parameters", "Parameters"))
    reading = _Reading(resource, reasons)
    word = reading.word()
    _refuse_any(reading.issues)
    return word


def reasons_of(code_system: bytes) -> Mapping[str, str]:
    """The codes of CodeSystem/override-reason with their displays."""
    return {each["code"]: each["display"] for each in orjson.loads(code_system)["concept"]}


def _refuse_any(issues: Sequence[Issue]) -> None:
    if issues:
        _refuse(issues)


def _refuse(issues: Sequence[Issue]) -> NoReturn:
    raise Refused(refusal_reason(issues) or Refusal.INVALID, issues)


def _issue(code: IssueCode, text: str, place: str) -> Issue:
    return Issue(Severity.ERROR, code, text, place)


class _Reading:
    """One Parameters resource as it is read; its faults gather in `issues`, and its word counts when there are none."""

    def __init__(self, resource: Json, reasons: Mapping[str, str]) -> None:
        self.issues: list[Issue] = []
        self._reasons = reasons
        self._values = dict(self._named(resource))

    def word(self) -> Word:
        """What was said, as far as it can be read."""
        kind = self._kind()
        why = self._why()
        if kind is Kind.OVERRIDE and why is None and "reason" not in self._values:
            self._missing("reason", "An override needs its reason.")
        return Word(kind=kind, who=self._who(), why=why, comment=self._comment())

    def _named(self, resource: Json) -> Iterator[tuple[str, tuple[str, object, str]]]:
        """Each parameter's name with the type, value and place of what it holds."""
        named: set[str] = set()
        listed = resource.get("parameter", [])
        for index, each in enumerate(listed if isinstance(listed, list) else []):
            place = f"Parameters.parameter[{index}]"
            name = each.get("name") if isinstance(each, dict) else None
            if not isinstance(name, str) or name not in PARAMETERS:
                self._wrong(IssueCode.NOT_SUPPORTED, f"This operation takes {', '.join(PARAMETERS)}.", f"{place}.name")
            elif name in named:
                self._wrong(IssueCode.STRUCTURE, "This parameter stands twice.", place)
            elif (held := [key for key in each if key not in ("name", "id")]) and held[0] in PARAMETERS[name]:
                if len(held) > 1:
                    self._wrong(IssueCode.STRUCTURE, "A parameter holds one value and nothing else.", place)
                yield name, (held[0], each[held[0]], f"{place}.value")
            else:
                self._wrong(IssueCode.VALUE, f"This parameter holds {' or '.join(PARAMETERS[name])}.", place)
            named.add(str(name))

    def _kind(self) -> Kind:
        _, value, place = self._values.get("response", ("", None, "Parameters.parameter"))
        if isinstance(value, str) and value in list(Kind):
            return Kind(value)
        if value is None:
            self._missing("response", f"The parameter response is required: {' or '.join(Kind)}.")
        else:
            self._wrong(IssueCode.CODE_INVALID, f"A response is one of {', '.join(Kind)}.", place)
        return Kind.AGREE

    def _why(self) -> Why | None:
        if "reason" not in self._values:
            return None
        type_, value, place = self._values["reason"]
        if type_ == "valueString":
            return Why(text=self._text(value, place))
        if not isinstance(value, dict):
            self._wrong(IssueCode.STRUCTURE, "A CodeableConcept is an object.", place)
            return None
        return self._coded(value, place)

    def _coded(self, value: Json, place: str) -> Why:
        codings = value.get("coding", [])
        text = self._text(value["text"], f"{place}.text") if "text" in value else ""
        if not isinstance(codings, list) or len(codings) > 1 or set(value) - {"coding", "text", "id"}:
            self._wrong(IssueCode.STRUCTURE, "A reason has one coding, a text, or both.", place)
        elif codings:
            return self._known(codings[0], text, f"{place}.coding[0]")
        elif not text:
            self._wrong(IssueCode.REQUIRED, "A reason has a coding or a text.", place)
        return Why(text=text)

    def _known(self, coding: object, text: str, place: str) -> Why:
        """A reason of the closed list; what stands in no list is said as text."""
        system, code = (coding.get("system"), coding.get("code")) if isinstance(coding, dict) else (None, None)
        if system == OVERRIDE_REASON and isinstance(code, str) and code in self._reasons:
            return Why(code=code, text=text or self._reasons[code])
        known = f"A coded reason is of {OVERRIDE_REASON}: {', '.join(self._reasons)}. Say any other as text."
        self._wrong(IssueCode.CODE_INVALID, known, place)
        return Why(text=text)

    def _who(self) -> Clinician:
        if "who" not in self._values:
            self._missing("who", "The parameter who is required: the clinician whose word this is.")
            return Clinician()
        type_, value, place = self._values["who"]
        if type_ == "valueString":
            return Clinician(name=self._text(value, place))
        if not isinstance(value, dict):
            self._wrong(IssueCode.STRUCTURE, "A Reference is an object.", place)
            return Clinician()
        return self._referred(value, place)

    def _referred(self, value: Json, place: str) -> Clinician:
        identifier = value.get("identifier", {})
        if not isinstance(identifier, dict):
            self._wrong(IssueCode.STRUCTURE, "An Identifier is an object.", f"{place}.identifier")
            identifier = {}
        who = Clinician(
            reference=self._clinician(value["reference"], f"{place}.reference") if "reference" in value else "",
            system=self._optional(identifier, "system", f"{place}.identifier"),
            value=self._optional(identifier, "value", f"{place}.identifier"),
            name=self._optional(value, "display", place),
        )
        if not (who.reference or who.value or who.name):
            self._wrong(IssueCode.REQUIRED, "A clinician is named by reference, identifier.value or display.", place)
        return who

    def _clinician(self, value: object, place: str) -> str:
        text = self._text(value, place)
        pointed = Reference.parse(text)
        if pointed.kind in (Pointing.RELATIVE, Pointing.ABSOLUTE) and pointed.type in _CLINICIANS:
            return text
        self._wrong(IssueCode.VALUE, f"The reference is to a {' or a '.join(_CLINICIANS)}.", place)
        return ""

    def _comment(self) -> str:
        if "comment" not in self._values:
            return ""
        _, value, place = self._values["comment"]
        return self._text(value, place)

    def _optional(self, members: Json, name: str, place: str) -> str:
        return self._text(members[name], f"{place}.{name}") if name in members else ""

    def _text(self, value: object, place: str) -> str:
        if not isinstance(value, str) or not value.strip():
            self._wrong(IssueCode.VALUE, "This is text, and not empty.", place)
            return ""
        if len(value) > LONGEST:
            self._wrong(IssueCode.VALUE, f"This text is longer than {LONGEST:,} characters.", place)
        return value.strip()

    def _missing(self, name: str, text: str) -> None:
        self._wrong(IssueCode.REQUIRED, text, f"Parameters.parameter.where(name='{name}')")

    def _wrong(self, code: IssueCode, text: str, place: str) -> None:
        refusal = Refusal.INVALID if code is IssueCode.NOT_SUPPORTED else None
        self.issues.append(Issue(Severity.ERROR, code, text, place, refusal=refusal))


def said(word: Word) -> str:
    """The word as a sentence or two, without who said it: "Overridden by a clinician: Already evaluated." """
    why = f": {_ended(word.why.text)}" if word.why else "."
    return f"{_DONE[word.kind]} by a clinician{why}{f' {_ended(word.comment)}' if word.comment else ''}"


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def override(body: bytes, word: Word, *, at: datetime) -> bytes:
    """The same impression, with the override as a note and in front of its narrative; it stays completed."""
    resource = reread(body)
    resource.setdefault("note", []).append({**_author(word.who), "time": instant(at), "text": said(word)})
    narrative.put_first(resource, f"{said(word)} By {word.who.label}, {instant(at)}.")
    return rendered(resource).body


def _author(who: Clinician) -> dict[str, Any]:
    """R4 lets a note refer to a Practitioner and not to a PractitionerRole; whoever else stands as text."""
    if Reference.parse(who.reference).type == "Practitioner" or (who.value and not who.reference):
        return {"authorReference": _reference(who)}
    return {"authorString": who.label}


def _reference(who: Clinician) -> dict[str, Any]:
    identifier = {name: text for name, text in (("system", who.system), ("value", who.value)) if text}
    told = {"reference": who.reference, "identifier": identifier, "display": who.name}
    return {name: value for name, value in told.items() if value}


def provenance_id(response: str) -> str:
    """The id of the Provenance of a response with this id."""
    return digest_id("provenance", "response", response)


def draw_word(response: str, word: Word, targets: Sequence[str], recorded: datetime) -> Resource:
    """The Provenance that keeps a word: who said it of which exact versions, and why.

    response: the id of the word.  It bears no label AIAST, for a clinician asserts it.
    """
    code, display = _AGENT[word.kind]
    participant = {"coding": [{"system": _PARTICIPANT, "code": code, "display": display}]}
    reason = {"reason": [_reason(word.why)]} if word.why else {}
    return rendered(
        {
            "resourceType": "Provenance",
            "id": provenance_id(response),
            "meta": {"source": BASE},
            "text": narrative.narrative(narrative.paragraph(f"{said(word)} By {word.who.label}.")),
            "target": [{"reference": each} for each in targets],
            "occurredDateTime": instant(recorded),
            "recorded": instant(recorded),
            **reason,
            "activity": {"coding": [{"system": RESPONSE, "code": word.kind, "display": _DONE[word.kind]}]},
            "agent": [{"type": participant, "who": _reference(word.who)}],
        }
    )


def _reason(why: Why) -> dict[str, Any]:
    return concept(OVERRIDE_REASON, why.code, why.text) if why.code else {"text": why.text}


def answer(provenance: bytes) -> dict[str, Any]:
    """The Parameters that answer $respond: what was kept, when, and the versions it is about; always the same."""
    kept = orjson.loads(provenance)
    return {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "response", "valueCode": kept["activity"]["coding"][0]["code"]},
            {"name": "recorded", "valueInstant": kept["recorded"]},
            *({"name": _parameter(each["reference"]), "valueReference": each} for each in kept["target"]),
            {"name": "provenance", "valueReference": {"reference": f"Provenance/{kept['id']}"}},
        ],
    }


def _parameter(reference: str) -> str:
    return {"ClinicalImpression": "impression", "Flag": "flag", "ServiceRequest": "proposal"}[
        reference.partition("/")[0]
    ]
