"""What became of one resource as evidence, in words for its sender: used, ignored, or what it lacked to be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fhirsvc.domain import phrase
from fhirsvc.domain.assessment import Reason
from fhirsvc.domain.errors import Issue, IssueCode, Severity
from fhirsvc.domain.evidence import Fact, Person, Side
from fhirsvc.domain.lexicon import Lexicon, Meaning
from fhirsvc.domain.measure import measured
from fhirsvc.domain.protocol import Protocol
from fhirsvc.domain.validity import admission
from fhirsvc.fhir.extract import Extraction, Unread

_MOST_NAMED = 6


class EntryFate(StrEnum):
    """The codes of CodeSystem/fate.  needs-site and corroborate are the two kinds of needs-more that a Task names."""

    USED = "used"
    IGNORED = "ignored"
    UNMAPPED = "unmapped"
    UNREAD = "unread"
    NEEDS_MORE = "needs-more"
    NEEDS_SITE = "needs-site"
    CORROBORATE = "corroborate"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class _Kind:
    severity: Severity
    code: IssueCode


_REMARK = _Kind(Severity.INFORMATION, IssueCode.INFORMATIONAL)
_LOST = _Kind(Severity.WARNING, IssueCode.BUSINESS_RULE)
_KINDS = {
    EntryFate.UNMAPPED: _Kind(Severity.WARNING, IssueCode.CODE_INVALID),
    EntryFate.UNREAD: _Kind(Severity.WARNING, IssueCode.NOT_SUPPORTED),
    EntryFate.NEEDS_SITE: _LOST,
    EntryFate.CORROBORATE: _LOST,
}
_NO_MORE = frozenset({Reason.STATUS, Reason.FAMILY})
"""Reasons for which what was read is no evidence of this patient, whatever the rows ask."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What it takes to say what was read: the names of the protocol, and what codes and phrases mean."""

    protocol: Protocol
    lexicon: Lexicon


def fates(kind: str, extraction: Extraction, reader: Reader, place: str) -> tuple[Issue, ...]:
    """One issue for all that a resource of type `kind` gave, and one for each thing in it that was not understood.

    extraction: of this resource alone.  place: its FHIRPath, "Bundle.entry[0].resource".
    """
    missed = tuple(_missed(each, reader.lexicon, place) for each in extraction.unread)
    gave = _person(extraction.evidence.person, place) if kind == "Patient" else _gave(extraction, reader, place)
    if gave or missed:
        return (*gave, *missed)
    if kind == "Binary":
        return (_issue(EntryFate.IGNORED, "Kept; its text is read with the resource that names it.", place),)
    if extraction.ignored:
        return (_issue(EntryFate.IGNORED, f"Kept, and never evidence: a {kind} states no finding.", place),)
    return (_issue(EntryFate.IGNORED, "Read; it says nothing that the protocol asks after.", place),)


def nobodys(place: str) -> Issue:
    """The issue of a resource that speaks of no patient known here."""
    return Issue(
        Severity.WARNING,
        IssueCode.NOT_FOUND,
        "The resource is kept, but names no patient of this Bundle or server, and so is no evidence for anyone.",
        place,
        (EntryFate.IGNORED,),
    )


def pending(place: str) -> Issue:
    """The issue of a resource that is read after the answer."""
    text = "Kept; it is long, and is read after this answer. What became of it will be in the Task of the submission."
    return _issue(EntryFate.PENDING, text, place)


def _person(person: Person, place: str) -> tuple[Issue, ...]:
    told = [*(["date of birth"] if person.birth else []), *(["deceased"] if person.deceased else [])]
    used = [_issue(EntryFate.USED, f"Read: {phrase.listed(told)}.", place)] if told else []
    text = "No date of birth can be read; some answers need the age. Send birthDate."
    lacking = [] if person.birth else [_issue(EntryFate.NEEDS_MORE, text, place)]
    return (*used, *lacking)


def _gave(extraction: Extraction, reader: Reader, place: str) -> tuple[Issue, ...]:
    """The issue that names what was read; a resource of which nothing counts any more is ignored, and says why."""
    facts = measured(reader.protocol, extraction.evidence.facts)
    if not facts:
        return ()
    against = [_NO_MORE.intersection(admission(fact)[1]) for fact in facts]
    if all(against):
        why = sorted({reason for reasons in against for reason in reasons})
        said = "; ".join(reader.protocol.texts[f"reason.{reason}"] for reason in why)
        return (_issue(EntryFate.IGNORED, f"Kept, and no evidence: {said}.", place),)
    told = list(dict.fromkeys(_said(reader.protocol, fact) for fact in facts))
    more = f"; and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    return (_issue(EntryFate.USED, f"Read as evidence: {'; '.join(told[:_MOST_NAMED])}{more}.", place),)


def _said(protocol: Protocol, fact: Fact) -> str:
    """ "Achilles reflex reduced, left"; what is set aside whatever the rows ask says why."""
    told = f"{phrase.sign(protocol, fact)} {phrase.answer(fact)}".rstrip()
    side = [phrase.SIDE[fact.side]] if fact.side is not Side.UNKNOWN else []
    reasons = [reason for reason in admission(fact)[1] if reason is not Reason.NO_RESULT]
    why = [protocol.texts[f"reason.{reason}"] for reason in reasons]
    return ", ".join([told, *side, *why])


def _missed(unread: Unread, lexicon: Lexicon, place: str) -> Issue:
    fate = EntryFate(unread.why)
    text = {
        EntryFate.UNMAPPED: _unmapped,
        EntryFate.UNREAD: _unread,
        EntryFate.NEEDS_SITE: _siteless,
        EntryFate.CORROBORATE: _alone,
    }[fate](unread, lexicon)
    return _issue(fate, text, f"{place}{_path(unread.place)}")


TYPELESS = "Add DocumentReference.type, for example LOINC 11506-3."
"""What a document without a type lacks: it says whether its text is read as a note or as the report of a study."""


def _unmapped(unread: Unread, _lexicon: Lexicon) -> str:
    if unread.place == "type" and not (unread.code or unread.display):
        return f"It does not say what kind of document it is, and is not read. {TYPELESS}"
    return (
        f"No concept is known for {_called(unread)}; what it says is unknown, not absent. Send a code or phrase that "
        "is known, or have this one mapped."
    )


_ATTACHED = re.compile(r"presentedForm|attachment|data")
_VALUE = re.compile(r"value\w*$|[a-z]String$")


def _unread(unread: Unread, _lexicon: Lexicon) -> str:
    if _ATTACHED.search(unread.place):
        form = f" ({unread.display})" if re.fullmatch(r"[\w.+\-]+/[\w.+\-]+", unread.display) else ""
        return f"The attachment{form} is not read. Send its text as text/plain in UTF-8, in English."
    if _VALUE.search(unread.place):
        return "This value is not understood. Send a code, a number, or the answer in plain words."
    return "Not all of this is read. Send plain English sentences, or a coded answer."


def _siteless(unread: Unread, lexicon: Lexicon) -> str:
    sites = sorted({site for meaning in _meanings(unread, lexicon) for site in meaning.needs_site})
    names = f": {_either(map(phrase.concept, sites))}" if sites else ""
    return f"It says something only with a body site: {_called(unread)}. Add bodySite{names}."


def _alone(unread: Unread, lexicon: Lexicon) -> str:
    names = sorted({phrase.concept(meaning.concept) for meaning in _meanings(unread, lexicon) if meaning.corroborate})
    meant = f" that says {_either(names)}" if names else ""
    return f"It never decides alone: {_called(unread)}. Add a text or a second code{meant}."


def _meanings(unread: Unread, lexicon: Lexicon) -> Sequence[Meaning]:
    return lexicon.of_code(unread.system, unread.code) or lexicon.of_phrase(unread.display)


def _called(unread: Unread) -> str:
    """What the sender called it, as code and in words: its own values, told to nobody else."""
    code = f"{unread.system}|{unread.code}" if unread.code else ""
    words = phrase.quote(unread.display)
    return " ".join(each for each in (code, words) if each) or "this"


def _either(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


_STEP = re.compile(r"[A-Za-z]+(?:\[\d+\])?")
_CHOICE = re.compile(r"(value|onset|effective|performed|abatement)[A-Z]\w*")


def _path(place: str) -> str:
    """A place of an Unread as FHIRPath steps behind the resource; FHIRPath knows valueString as value."""
    return "".join("." + _CHOICE.sub(r"\1", step) for step in _steps(place))


def _steps(place: str) -> Iterator[str]:
    """The steps as far as they are elements: "conclusion[sentence 2]" stands in conclusion."""
    for step in place.split("."):
        found = _STEP.match(step)
        if found is None:
            return
        yield found[0]
        if found[0] != step:
            return


def _issue(fate: EntryFate, text: str, place: str) -> Issue:
    kind = _KINDS.get(fate, _REMARK)
    codes = (EntryFate.NEEDS_MORE, fate) if kind is _LOST else (fate,)
    return Issue(kind.severity, kind.code, text, place, codes)
