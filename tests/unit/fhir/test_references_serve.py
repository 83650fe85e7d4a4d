"""A served version is the received text with its id, its stamps and its references edited, and nothing else."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhirsvc.fhir.references import serve

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
STAMP = "2026-03-01T09:30:00.000Z"
REFERENCES = {"urn:uuid:1": "Patient/new", "Patient/old": "Patient/ne\u00fc", 'Gr"oup/1': "Group/2"}

NAMES = st.sampled_from(["status", "note", "value", "reference", "id", "meta", "versionId", "text", "resourceType"])
TEXTS = st.sampled_from([*REFERENCES, "x", '"reference": "urn:uuid:1"', "\\", "{", "é\n", ""])
VALUES = st.recursive(
    TEXTS | st.sampled_from([1, -2.5, True, None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
MEMBERS = st.dictionaries(st.sampled_from(["status", "subject", "contained", "note", "extension"]), VALUES, max_size=4)
OLD_ID, OLD_VERSION, OLD_STAMP = "the-old-id", "the-old-version", "the-old-stamp"


@st.composite
def resources(draw: st.DrawFn) -> dict[str, Any]:
    """A resource with or without id, meta and stamps, its members in any order."""
    members: dict[str, Any] = {"resourceType": "Observation", **draw(MEMBERS)}
    stamps = {"versionId": OLD_VERSION, "lastUpdated": OLD_STAMP, "profile": ["x"]}
    meta = draw(st.lists(st.sampled_from(sorted(stamps)), unique=True))
    members |= {"id": OLD_ID} if draw(st.booleans()) else {}
    members |= {"meta": {name: stamps[name] for name in meta}} if draw(st.booleans()) else {}
    return {name: members[name] for name in draw(st.permutations(sorted(members)))}


SPACES = st.sampled_from(["", " ", "\n\t", "  \r\n"])
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A resource as some sender may write it: any white space, characters escaped or not."""
    written = json.dumps(draw(resources()), ensure_ascii=draw(st.booleans()))
    written = written.replace("/", draw(st.sampled_from(["/", "\\/"])))
    space = draw(SPACES)
    return space.join(TOKEN.findall(written))


def served(text: str) -> str:
    raw = text.encode()
    return serve(raw, id="new", version_id="7", last_updated=NOW, references=REFERENCES).decode()


def edited(value: Any) -> Any:
    """The same edit on the decoded value."""
    whole = with_references(value)
    return {**whole, "id": "new", "meta": {**whole.get("meta", {}), "versionId": "7", "lastUpdated": STAMP}}


def with_references(value: Any) -> Any:
    if isinstance(value, list):
        return [with_references(item) for item in value]
    if isinstance(value, dict):
        return {name: replaced(name, with_references(member)) for name, member in value.items()}
    return value


def replaced(name: str, member: Any) -> Any:
    return REFERENCES.get(member, member) if name == "reference" and isinstance(member, str) else member


@settings(max_examples=200)
@given(texts())
def test_it_says_what_the_edited_resource_says(text: str) -> None:
    assert json.loads(served(text)) == edited(json.loads(text))


REFERENCE = re.compile(r'("reference"\s*:\s*)("(?:[^"\\]|\\.)*")')


def undone(text: str, original: dict[str, Any]) -> str:
    """A served text with what was put in taken out and what was put in place of something put back, as text."""
    meta = original.get("meta", {})
    lacking = [f'"{name}":"{new}"' for name, new in (("versionId", "7"), ("lastUpdated", STAMP)) if name not in meta]
    added = ['"id":"new"'] * ("id" not in original)
    if "meta" in original:
        text = text.replace(",".join(lacking) + "," * (bool(lacking) and bool(meta)), "", 1) if lacking else text
    else:
        added.append(f'"meta":{{{",".join(lacking)}}}')
    text = text.replace("".join(f",{member}" for member in added), "", 1) if added else text
    return (
        text.replace('"new"', f'"{OLD_ID}"').replace('"7"', f'"{OLD_VERSION}"').replace(f'"{STAMP}"', f'"{OLD_STAMP}"')
    )


def blank(text: str) -> str:
    """A text without the strings of its references."""
    return REFERENCE.sub(r"\1", text)


@settings(max_examples=200)
@given(texts())
def test_every_other_byte_stays(text: str) -> None:
    assert blank(undone(served(text), json.loads(text))) == blank(text)


EXAMPLES = {
    "a decimal keeps its zeros": (
        '{"resourceType":"Observation","id":"o","valueQuantity":{"value":1.10}}',
        '{"resourceType":"Observation","meta":{M},"id":"new","valueQuantity":{"value":1.10}}',
    ),
    "white space and order stay": (
        '{ "meta" : {"profile":[ "x" ] },\n "id" :"o","resourceType":"Patient" }',
        '{ "meta" : {S,"profile":[ "x" ] },\n "id" :"new","resourceType":"Patient" }',
    ),
    "the stamps of the sender are replaced where they stand": (
        '{"resourceType":"Patient","meta":{"lastUpdated":"2020","tag":[],"versionId":"1"},"id":"o"}',
        '{"resourceType":"Patient","meta":{"lastUpdated":"STAMP","tag":[],"versionId":"7"},"id":"new"}',
    ),
    "a missing id is put behind the type": (
        '{"resourceType" : "Patient" }',
        '{"resourceType" : "Patient","id":"new","meta":{M} }',
    ),
    "the ids of others stay": (
        '{"resourceType":"Patient","id":"o","meta":{M},"contained":[{"id":"o","meta":{"versionId":"1"}}]}',
        '{"resourceType":"Patient","id":"new","meta":{M},"contained":[{"id":"o","meta":{"versionId":"1"}}]}',
    ),
}


@pytest.mark.parametrize("sentence", EXAMPLES)
def test_in_a_served_version(sentence: str) -> None:
    stamps = f'"versionId":"7","lastUpdated":"{STAMP}"'
    text, expected = (
        each.replace("{M}", f"{{{stamps}}}").replace("{S,", f"{{{stamps},") for each in EXAMPLES[sentence]
    )
    assert served(text) == expected.replace("STAMP", STAMP)


def test_the_urn_of_an_attachment_becomes_the_address_of_its_entry() -> None:
    raw = b'{"resourceType":"DocumentReference","content":[{"attachment":{"url":"urn:uuid:1","title":"urn:uuid:1"}}]}'
    moved = serve(raw, id="d", version_id="1", last_updated=NOW, references={"urn:uuid:1": "Binary/b"})
    assert json.loads(moved)["content"] == [{"attachment": {"url": "Binary/b", "title": "urn:uuid:1"}}]
