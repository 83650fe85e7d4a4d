"""QuestionnaireResponse: an answer is a fact of what its question asks after; a question alone says nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Moment, Side, Status, agreed_side
from fhirsvc.domain.lexicon import normalise
from fhirsvc.domain.reading import pattern
from fhirsvc.fhir.extract.coding import OWN
from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.durations import Lasting
from fhirsvc.fhir.extract.language import Language
from fhirsvc.fhir.extract.moments import moment
from fhirsvc.fhir.extract.panel import Panel
from fhirsvc.fhir.extract.record import NOTHING, Read, Record, Setting
from fhirsvc.fhir.extract.sites import NOWHERE, Site, side_of_field, site_of
from fhirsvc.fhir.extract.tree import Node, child, children, string

_STATUSES = {
    "completed": Status.FINAL,
    "amended": Status.FINAL,
    "in-progress": Status.PRELIMINARY,
    "stopped": Status.PRELIMINARY,
    "entered-in-error": Status.ENTERED_IN_ERROR,
}
_SILENT = frozenset({"question", "plan", "instructions"})
_NUMBER = re.compile(r"^\s*(?:\d{1,2}(?:\.\d{1,2})*|[a-z])[.)]\s+", re.IGNORECASE)
_DEEPEST = 40
"""Groups and follow-up questions inside each other beyond which a form is not read."""


def read_questionnaire_response(record: Record, dossier: Dossier) -> Read:
    """Facts of the answers of one form, stated when it was filled in."""
    status = _STATUSES.get(string(record.resource, "status"))
    if status is None:
        return NOTHING
    setting = Setting(record=record, status=status, recorded=moment(string(record.resource, "authored")))
    read = Read.all(_items(record.resource, "", _Below(setting, NOWHERE), dossier.language))
    return Read(read.facts, tuple(dict.fromkeys(read.unread)))


@dataclass(frozen=True, slots=True)
class _Below:
    """What the headings above a question say of its answer: of whom, where on the body, and how deep it stands."""

    setting: Setting
    site: Site
    depth: int = 0

    def under(self, heading: str, language: Language) -> _Below:
        """The same below one more heading."""
        site = _site_of_heading(heading, language)
        setting = replace(self.setting, family=True) if _opens(heading, language) == "family" else self.setting
        return _Below(setting, self.site if site == NOWHERE else site, self.depth + 1)


def _items(node: Node, place: str, below: _Below, language: Language, *, followed: bool = False) -> Iterator[Read]:
    """All items below a node; followed: but those that were read with the answer that they follow up."""
    for index, item in enumerate(children(node, "item")):
        if not (followed and _kind(item, language)):
            yield from _item(item, f"{place}item[{index}]", below, language)


def _item(item: Node, place: str, below: _Below, language: Language) -> Iterator[Read]:
    if below.depth > _DEEPEST:
        yield below.setting.missed(place, "unread")
        return
    heading = string(item, "text")
    if _opens(heading, language) in _SILENT:
        return
    inner = below.under(heading, language)
    answers = children(item, "answer")
    for index, answer in enumerate(answers):
        where = f"{place}.answer[{index}]" if len(answers) > 1 else place
        yield _answered(item, answer, where, place, below, language)
        yield from _items(answer, f"{where}.", inner, language, followed=True)
    yield from _items(item, f"{place}.", inner, language, followed=bool(answers))


def _answered(item: Node, answer: Node, where: str, place: str, below: _Below, language: Language) -> Read:
    """One answer, with the side and onset that follow-up questions add; a question not understood is told once."""
    value = _value(answer)
    if not value:
        return NOTHING
    follow = [*_following(item, language), *_following(answer, language)]
    sides = [side for kind, each in follow if kind == "side" and (side := _side(each, language))]
    onset = next((began for kind, each in follow if kind == "onset" and (began := _onset(each, below, language))), None)
    setting = replace(below.setting, within=where, onset=onset)
    site = replace(below.site, sides=below.site.sides | {agreed_side(sides) or Side.UNKNOWN}) if sides else below.site
    read = Panel({"code": _question(item, language), **value}, setting, site, language).read()
    unread = (replace(each, place=place) if each.place == f"{where}.code" else each for each in read.unread)
    return Read(read.facts, tuple(unread))


def _value(answer: Node) -> dict[str, object]:
    """The value of an answer as that of an Observation; empty = no answer, which is unknown."""
    value = {name: each for name, each in answer.items() if name.startswith("value")}
    if coding := child(answer, "valueCoding"):
        return {"valueCodeableConcept": {"coding": [coding]}}
    if "valueDecimal" in value:
        return {"valueQuantity": {"value": value["valueDecimal"]}}
    return value


def _question(item: Node, language: Language) -> Node:
    """What an item asks after: by the code its definition names, and its text; by its linkId where it has neither."""
    text, definition, link = string(item, "text"), string(item, "definition"), string(item, "linkId")
    system, _, code = definition.rpartition("#" if "#" in definition else "|")
    if system and code:
        return {"coding": [{"system": system, "code": code}], "text": _asked(text, language)}
    if text:
        return {"text": _asked(text, language)}
    return {"coding": [{"system": OWN, "code": link}], "text": link.replace("-", " ")}


def _asked(text: str, language: Language) -> str:
    """A question without its number, its question mark and the words it begins with ("do you have")."""
    plain = normalise(_NUMBER.sub("", text)).rstrip("? ")
    if language.phrase(plain):
        return plain
    openings = sorted((word for word in language.words_of("question", "now") if plain.startswith(f"{word} ")), key=len)
    rests = (plain.removeprefix(f"{opening} ") for opening in reversed(openings))
    return next((rest for rest in rests if language.phrase(rest)), text)


def _following(node: Node, language: Language) -> Iterator[tuple[str, Node]]:
    """The answers to follow-up questions after the side or the onset, with which of the two."""
    for item in children(node, "item"):
        if kind := _kind(item, language):
            for answer in children(item, "answer"):
                yield kind, answer


def _kind(item: Node, language: Language) -> str:
    kind = language.word("question", normalise(string(item, "text")).rstrip("? "))
    return kind if kind in {"side", "onset"} else ""


def _side(answer: Node, language: Language) -> Side | None:
    coding = child(answer, "valueCoding")
    return side_of_field({"coding": [coding] if coding else [], "text": string(answer, "valueString")}, language)


def _onset(answer: Node, below: _Below, language: Language) -> Moment | None:
    """The beginning, as a date or as how long ago."""
    text = string(answer, "valueString")
    if dated := moment(string(answer, "valueDate") or string(answer, "valueDateTime") or text):
        return dated
    quantity = child(answer, "valueQuantity")
    unit = language.word("time-unit", string(quantity, "code") or string(quantity, "unit"))
    count = quantity.get("value")
    if unit and isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return Lasting(count, count, unit).began(below.setting.stated)
    lasting = language.durations.alone(text, ago=True)
    return lasting.began(below.setting.stated) if lasting else None


def _opens(heading: str, language: Language) -> str:
    """What a heading opens in a report or note; "" = nothing that is known."""
    key = " ".join(pattern(heading))
    return language.reading.clinical.sections.get(key) or language.reading.sections.get(key, "")


def _site_of_heading(heading: str, language: Language) -> Site:
    """The site or leg that a heading is made of."""
    site = site_of([{"text": heading}], language)
    bare = [rest for rest, _ in language.without_sides(heading) if not rest or language.word("limb", rest)]
    return site if site.structures or site.areas or bare else NOWHERE
