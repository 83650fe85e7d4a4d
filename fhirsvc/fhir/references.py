"""References: what kind each is, where they stand in a text, and the edit of a text that makes it a served version."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec
import orjson

from fhirsvc.fhir.resource import instant
from fhirsvc.fhir.resource_types import is_type


class Kind(StrEnum):
    """How a reference says what it points to (http://hl7.org/fhir/R4/references.html)."""

    URN = "urn"
    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    CONTAINED = "contained"
    CONDITIONAL = "conditional"
    LOGICAL = "logical"


_ID = r"[A-Za-z0-9.\-]{1,64}"
_ADDRESS = re.compile(rf"(?P<base>\S*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>{_ID})(?:/_history/(?P<version>{_ID}))?")
_QUERY = re.compile(r"(?P<type>[A-Z][A-Za-z]+)\?\S*")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as it is written; type, id and version are "" where it does not name them.

    text "" = none was written: the Reference has only an identifier or a display (logical).
    """

    text: str
    kind: Kind
    type: str = ""
    id: str = ""
    version: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read a valid Reference.reference, or "" for a Reference without one."""
        if text.startswith("#"):
            return cls(text, Kind.CONTAINED, id=text[1:])
        if text.startswith("urn:"):
            return cls(text, Kind.URN)
        if (found := _ADDRESS.fullmatch(text)) and is_type(found["type"]):
            kind = Kind.ABSOLUTE if found["base"] else Kind.RELATIVE
            return cls(text, kind, found["type"], found["id"], found["version"] or "")
        if (found := _QUERY.fullmatch(text)) and is_type(found["type"]):
            return cls(text, Kind.CONDITIONAL, found["type"])
        return cls(text, Kind.ABSOLUTE if text else Kind.LOGICAL)


# A quote that follows no backslash opens or closes a name or a string; names have no escapes (strict_json). The look-
# behind stands after the name, because a pattern that starts with plain text is found ten times faster.
_REFERENCE = re.compile(rb'"reference"(?<!\\"reference")\s*+:\s*+("(?:[^"\\]++|\\.)*+")')


# An attachment names a Binary of its own Bundle by its urn; the entry's address takes its place as in a reference
# (http://hl7.org/fhir/R4/http.html#trules).
_URN_URL = re.compile(rb'"url"(?<!\\"url")\s*+:\s*+("urn:[^"\\]*+")')


def references_in(text: bytes) -> set[str]:
    """The distinct strings of all members named `reference` in a JSON text that strict_json has taken."""
    return {_string(written) for written in set(_REFERENCE.findall(text))}


_SHARED = re.compile(rb"\b(Binary|Medication)\\?/([A-Za-z0-9.\-]{1,64})")


def shared_in(text: bytes) -> set[tuple[str, str]]:
    """Type and id of what a resource may name and what belongs to no patient: the text of a note, a medicine."""
    if b"Binary" not in text and b"Medication" not in text:
        return set()
    return {(found[1].decode(), found[2].decode()) for found in _SHARED.finditer(text)}


def _string(written: bytes) -> str:
    return str(orjson.loads(written)) if b"\\" in written else written[1:-1].decode()


def serve(raw: bytes, *, id: str, version_id: str, last_updated: datetime, references: Mapping[str, str]) -> bytes:
    """The text of a resource as it is served: its id, meta.versionId, meta.lastUpdated and the given references set.

    raw: a resource that parse_bundle has taken. references: Reference.reference, or the urn of an attachment, as
    written → what stands there instead. Every other byte stays, so that `1.10` remains `1.10`.
    """
    text = raw
    if references:
        text = _REFERENCE.sub(lambda found: _replaced(found, references), text)
        text = _URN_URL.sub(lambda found: _replaced(found, references), text)
    places = _places(text, {"resourceType", "id", "meta"})
    stamps = {"versionId": _quoted(version_id), "lastUpdated": _quoted(instant(last_updated))}
    meta = text[slice(*places["meta"])] if "meta" in places else b"{}"
    stamped = _with_members(meta, _places(meta, {*stamps}), stamps)
    return _with_members(text, places, {"id": _quoted(id), "meta": stamped}, after="resourceType")


def _quoted(text: str) -> bytes:
    return orjson.dumps(text)


def _replaced(found: re.Match[bytes], references: Mapping[str, str]) -> bytes:
    other = references.get(_string(found[1]))
    return found[0] if other is None else found[0][: -len(found[1])] + _quoted(other)


Place = tuple[int, int]
"""Where a value stands in a text: its start and end."""


def _with_members(text: bytes, places: Mapping[str, Place], values: Mapping[str, bytes], *, after: str = "") -> bytes:
    """An object's text with these values in their places; a member without one is put behind `after`, or first."""
    edits = [(*places[name], value) for name, value in values.items() if name in places]
    added = b",".join(_quoted(name) + b":" + value for name, value in values.items() if name not in places)
    if added:
        edits.append(_insertion(text, added, places.get(after)))
    for start, end, value in sorted(edits, reverse=True):
        text = text[:start] + value + text[end:]
    return text


def _insertion(text: bytes, added: bytes, behind: Place | None) -> tuple[int, int, bytes]:
    if behind:
        return behind[1], behind[1], b"," + added
    at = text.index(b"{") + 1
    return at, at, added if text[at:].lstrip().startswith(b"}") else added + b","


_UP_TO_VALUE = re.compile(rb'[{,\s]*+"[^"]*+"\s*+:\s*+')
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _places(text: bytes, names: set[str]) -> dict[str, Place]:
    """Where in an object's text the values of those of these members stand that it has."""
    values = _OBJECT.decode(text)
    missing = names & values.keys()
    found: dict[str, Place] = {}
    at = 0
    for name, value in values.items():
        if not missing:
            break
        start = _after_name(text, at)
        at = start + len(memoryview(value))
        if name in missing:
            missing.remove(name)
            found[name] = start, at
    return found


def _after_name(text: bytes, at: int) -> int:
    """Where the value of the member begins whose name is the next thing in the text."""
    name = _UP_TO_VALUE.match(text, at)
    return name.end() if name else at
