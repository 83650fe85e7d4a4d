"""How an Assessment is said to a clinician: suggestion, reasons for and against, exclusions, what was not recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from fhirsvc.domain import phrase
from fhirsvc.domain.assessment import Assessment, Fate, Finding, Note, Reading, Reason, Weighed
from fhirsvc.domain.evidence import Fact, Presence, Root, Side
from fhirsvc.domain.protocol import Complaint, Confounder, Outcome, Protocol, Rule

SIDE_MISSING = "side"
_TIERS = ("A", "B", "C")
_NO_BEARING = "NOTEND"
_ONE_DEGREE = "trace and 1+ are both read as reduced"


def suggestion(  # noqa: PLR0913 - the parts of a Finding that does not exist yet
    protocol: Protocol,
    *,
    outcome: Outcome,
    rule: str,
    complaint: Complaint | None,
    side: Side | None,
    readings: tuple[Reading, ...],
    missing: tuple[str, ...],
    sentence: str,
    urgent_facts: tuple[Fact, ...],
    on: date,
) -> str:
    """The suggestion of RULES 3.8: the row's template with its closed slots filled in.

    sentence: below-threshold | no-evidence, for not-indicated.  urgent_facts: the dated Facts of an urgent answer,
    whose complaint and side are None.
    """
    template = protocol.texts[_template(protocol, outcome, rule, sentence, urgent_facts, on)]
    slots = _urgent_slots(protocol, urgent_facts, on) if outcome is Outcome.URGENT else _limb_slots(protocol, readings)
    return template.format_map(
        {
            **slots,
            "side": phrase.SIDE[side] if side in (Side.LEFT, Side.RIGHT) else "affected side",
            "complaint": phrase.COMPLAINT[complaint] if complaint else "",
            "structure": phrase.STRUCTURE[complaint] if complaint else "",
            "missing": "; ".join(missing_in_words(protocol, word) for word in missing),
        }
    )


def _template(
    protocol: Protocol, outcome: Outcome, rule: str, sentence: str, urgent_facts: Sequence[Fact], on: date
) -> str:
    """The key of the text: the row's own, but not-indicated says why, and what is urgent for long asks for a review."""
    if outcome is Outcome.NOT_INDICATED:
        return f"outcome.not-indicated-{sentence}"
    if outcome is Outcome.URGENT and _is_old(protocol, urgent_facts, on):
        return "outcome.urgent-review"
    return _row(protocol, rule).text


def _row(protocol: Protocol, rule: str) -> Rule:
    return next(row for row in protocol.rules if row.name == rule)


def _is_old(protocol: Protocol, urgent_facts: Sequence[Fact], on: date) -> bool:
    """Is even the newest urgent Fact past the emergency window? (RULES 3.8; partial dates as their latest day, 3.4)"""
    newest = max((fact.moment.latest for fact in urgent_facts), default=on)
    return (on - newest).days > protocol.days("urgent-emergency")


def _urgent_slots(protocol: Protocol, facts: Sequence[Fact], on: date) -> dict[str, str]:
    newest = max(facts, key=lambda fact: (fact.moment.last, fact.source), default=None)
    return {
        "items": "; ".join(dict.fromkeys(_urgent_item(protocol, fact, on) for fact in facts)),
        "date": phrase.day(newest.moment) if newest else "",
    }


def _urgent_item(protocol: Protocol, fact: Fact, on: date) -> str:
    """ "loss of saddle sensation, recorded 2026-11-20, 4 days ago, onset 2026-11-18", and the sentence it stands in."""
    told = [f"{phrase.sign(protocol, fact)} {phrase.answer(fact)}".rstrip()]
    if fact.side is not Side.UNKNOWN:
        told.append(phrase.SIDE[fact.side])
    told.append(f"recorded {phrase.dated(fact, on)}" if fact.recorded else phrase.dated(fact, on))
    if _has_onset(protocol, fact):
        told.append(f"onset {phrase.day(fact.onset)}" if fact.onset else "onset not recorded")
    return ", ".join(filter(None, (*told, phrase.read_from(fact))))


def _has_onset(protocol: Protocol, fact: Fact) -> bool:
    """Does an urgent row ask when it began? Of features and back pain, not of examined power or of a risk."""
    asked = {each.concept for each in protocol.features} | set(protocol.item("LBP").concepts)
    return fact.concept in asked


def _limb_slots(protocol: Protocol, readings: Sequence[Reading]) -> dict[str, str]:
    counted = [each for each in readings if _counts(each)]
    gait = [each for each in readings if each.tier == "comp"]
    return {
        "items": "; ".join(_phrase(protocol, each) for each in counted),
        "root": phrase.roots(_roots(counted)),
        "sign": phrase.listed(_concepts(gait)) if gait else "",
    }


def _counts(reading: Reading) -> bool:
    """Is it in A, B or C, or an image that speaks for a contact?"""
    return reading.tier in _TIERS or (reading.tier == "IMG" and reading.grade in ("pos", "weak"))


def _roots(readings: Iterable[Reading]) -> set[Root]:
    return {each.fact.root for reading in readings for each in reading.carriers if each.fact.root}


def _concepts(readings: Iterable[Reading]) -> tuple[str, ...]:
    found = {phrase.concept(each.fact.concept): None for reading in readings for each in reading.carriers}
    return tuple(found)


def _phrase(protocol: Protocol, reading: Reading) -> str:
    return protocol.texts[f"item.{reading.item}.{'present' if reading.present else 'absent'}"]


def headline(finding: Finding) -> str:
    """ "Left Achilles tendon pain: indicated (I2, moderate)"; without a limb "Urgent (U1)"."""
    strength = f", {finding.strength}" if finding.strength and finding.strength != "none" else ""
    if finding.complaint is None:
        return f"{phrase.capital(finding.outcome)} ({finding.rule}{strength})"
    return f"{phrase.capital(limb_of(finding))}: {finding.outcome} ({finding.rule}{strength})"


def limb(complaint: Complaint, side: Side) -> str:
    """ "left Achilles tendon pain"; without a side "heel pain, side not recorded"."""
    if side is Side.UNKNOWN:
        return f"{phrase.COMPLAINT[complaint]}, {phrase.SIDE[side]}"
    return f"{phrase.SIDE[side]} {phrase.COMPLAINT[complaint]}"


def limb_of(finding: Finding) -> str:
    """The complaint and side of a finding in words; "" for the urgent one."""
    return limb(finding.complaint, finding.side or Side.UNKNOWN) if finding.complaint else ""


def headlines(protocol: Protocol, assessment: Assessment) -> tuple[str, ...]:
    """One line per finding, urgent first; of a patient without findings the one line that says why."""
    if not assessment.findings:
        rule = assessment.not_applicable
        return (f"{phrase.capital(Outcome.NOT_APPLICABLE)} ({rule}): {withdrawal(protocol, rule)}",)
    return tuple(headline(finding) for finding in assessment.findings)


def withdrawal(protocol: Protocol, rule: str) -> str:
    """Why this protocol has no answer for the patient (R0, R0b, R0c), in the words of the row."""
    return _row(protocol, rule).because


def reasons(protocol: Protocol, finding: Finding, on: date) -> tuple[str, ...]:
    """The evidence for and against, a line per item: "For: …", "Against: …", "Local: …", "Also: …".

    Each line gives the sign, its tier and validity, and every Fact that carries it with side, root, date, days before
    `on` and resource version.  First stand the dated Facts of an urgent finding and of the history ("Recorded: …").
    """
    urgent = tuple(
        f"Recorded: {_urgent_item(protocol, fact, on)}, {fact.source.reference}" for fact in finding.urgent_facts
    )
    history = tuple(f"Recorded: {_beside(protocol, fact, on)}" for fact in finding.recorded)
    items = (_reason(protocol, each, on) for each in finding.readings if _bears(each))
    return tuple(dict.fromkeys((*urgent, *history, *items)))


def _bears(reading: Reading) -> bool:
    """Does the item say something of this limb? Tenderness is told as a local sign, not as an unmet absence of it."""
    if reading.presence is Presence.ABSENT:
        return bool(reading.used) and reading.item != _NO_BEARING
    return reading.present and reading.tier != "" and reading.counted


def _reason(protocol: Protocol, reading: Reading, on: date) -> str:
    told = "; ".join(dict.fromkeys(_told(protocol, reading, each, on) for each in reading.used))
    return f"{_direction(protocol, reading)}: {_phrase(protocol, reading)}{_worth(reading)}: {told}"


def _direction(protocol: Protocol, reading: Reading) -> str:
    tier = protocol.item(reading.item).tier
    if tier in (*_TIERS, "IMG"):
        return "For" if reading.present else "Against"
    return "Local" if tier == "local" else "Also"


def _worth(reading: Reading) -> str:
    """ " (tier A, full)"; nothing for what is absent."""
    if not reading.present:
        return ""
    return f" (tier {reading.tier}, {reading.validity})" if reading.tier in _TIERS else f" ({reading.validity})"


def _told(protocol: Protocol, reading: Reading, weighed: Weighed, on: date) -> str:
    """One Fact of an item, named where it is not plain what it says, with what weakens it."""
    item = protocol.item(reading.item)
    graded = len(item.concepts) == 1 and phrase.answer(weighed.fact)
    name = ""
    if weighed.presence is not reading.presence and not graded:
        name = f"{phrase.sign(protocol, weighed.fact, item)}: "
    elif len(item.concepts) > 1 and phrase.concept(weighed.fact.concept) != _phrase(protocol, reading):
        name = f"{phrase.concept(weighed.fact.concept)}: "
    weak = f" (weak: {_why(protocol, weighed)})" if weighed.fate is Fate.DEMOTED else ""
    return f"{name}{phrase.recorded(weighed.fact, on)}{weak}"


def _why(protocol: Protocol, weighed: Weighed) -> str:
    return "; ".join(grounds(protocol, weighed)) or protocol.texts[f"reason.{Reason.NO_RESULT}"]


def grounds(protocol: Protocol, weighed: Weighed) -> tuple[str, ...]:
    """Every reason and confounder in words; a confounder's own text takes the place of the general one.

    A reason or confounder that this protocol does not know, of a trace of another version, stands as it is.
    """
    general = (protocol.texts.get(f"reason.{each}", each) for each in _unnamed(weighed))
    known = {each.name: each for each in protocol.confounders}
    unknown = (name for name in weighed.confounders if name not in known)
    acted = [known[name] for name in weighed.confounders if name in known]
    return (*general, *(_confounded(each, weighed) for each in _most_specific(acted)), *unknown)


def _most_specific(acted: Sequence[Confounder]) -> tuple[Confounder, ...]:
    """Of the rows of one pattern the most specific that acted, and none whose words another of them says as well."""
    by_pattern = {each.pattern: each for each in sorted(acted, key=lambda each: bool(each.age) + 2 * each.neuropathy)}
    told = [each for each in acted if by_pattern[each.pattern] is each]
    return tuple(each for each in told if not any(each.text in other.text for other in told if other is not each))


def _confounded(row: Confounder, weighed: Weighed) -> str:
    """The row's text; grades that the record tells apart are alike only because they are read as one degree."""
    folded = row.pattern == "reflex-symmetric" and weighed.fact.result == "reduced"
    return f"{row.text} ({_ONE_DEGREE})" if folded else row.text


def _unnamed(weighed: Weighed) -> tuple[Reason, ...]:
    named = {Reason.CONFOUNDER} if weighed.confounders else set()
    return tuple(dict.fromkeys(each for each in weighed.reasons if each not in named))


def exclusions(protocol: Protocol, finding: Finding, on: date) -> tuple[str, ...]:
    """What was read and does not count, with every reason: items dropped or served elsewhere, and excluded Facts."""
    dropped = [_dropped(protocol, each, on) for each in finding.readings if each.present and each.tier == ""]
    told = (reading for reading in finding.readings if reading.item != _NO_BEARING)
    excluded = (line for reading in told for line in _excluded(protocol, _excluded_by(reading), on))
    return tuple(dict.fromkeys((*dropped, *excluded)))


def _excluded_by(reading: Reading) -> tuple[Weighed, ...]:
    """Each Fact once; where the side of the complaint is open, a Fact that counts for either leg is not excluded."""
    used = {each.fact for each in reading.used}
    found = {each.fact: each for each in reversed(reading.weighed) if each.fact not in used}
    return tuple(each for each in reading.weighed if found.get(each.fact) is each)


def _excluded(protocol: Protocol, excluded: Iterable[Weighed], on: date) -> Iterator[str]:
    """A line for every sign and reason: what is excluded for the same reason stands together, and the reason once."""
    told: dict[tuple[str, str], dict[str, None]] = {}
    for each in excluded:
        name = phrase.capital(phrase.sign(protocol, each.fact))
        told.setdefault((name, _why(protocol, each)), {})[phrase.recorded(each.fact, on)] = None
    return (f"{name}: {'; '.join(facts)}: {why}" for (name, why), facts in told.items())


def _dropped(protocol: Protocol, reading: Reading, on: date) -> str:
    """A present item that counts for nothing: its source serves a higher item, or it is too weak."""
    told = "; ".join(dict.fromkeys(_told(protocol, reading, each, on) for each in reading.carriers))
    why = "too weak to count" if reading.counted else protocol.texts[f"reason.{Reason.SAME_SOURCE}"]
    return f"{_phrase(protocol, reading)}: {told}: {why}"


def set_aside(protocol: Protocol, assessment: Assessment) -> tuple[str, ...]:
    """What counted for nothing in any finding, with why."""
    return tuple(_excluded(protocol, assessment.excluded, assessment.on))


def not_recorded(protocol: Protocol, finding: Finding) -> tuple[str, ...]:
    """What the answer lacks, in the order of RULES 3.8."""
    return tuple(missing_in_words(protocol, word) for word in finding.missing)


def missing_in_words(protocol: Protocol, word: str) -> str:
    """A closed word in words; "repeat:REFLEX:left" is a result to repeat."""
    if not word.startswith("repeat:"):
        return protocol.missing[word]
    _, item, side = word.split(":")
    name = protocol.texts[f"item.{item}.name"]
    return f"repeat: {side} {name}" if side in (Side.LEFT, Side.RIGHT) else f"repeat: {name}"


def next_to_record(protocol: Protocol, finding: Finding) -> tuple[str, ...]:
    """What to record next: the side where it is missing, then the red-flag questions, then the rest (RULES 3.8)."""
    words = [word for word in finding.missing if word != SIDE_MISSING]
    side = [protocol.missing[SIDE_MISSING]] if SIDE_MISSING in finding.missing else []
    return (*side, red_flag_questions(protocol), *(missing_in_words(protocol, word) for word in words))


def red_flag_questions(protocol: Protocol) -> str:
    """What every answer asks for, whatever was recorded."""
    return protocol.texts["question.red-flags"]


def rule_line(finding: Finding) -> str:
    """ "Rule I2, moderate: two root signs … Sources: S-A17, E4." """
    strength = f", {finding.strength}" if finding.strength and finding.strength != "none" else ""
    return f"Rule {finding.rule}{strength}: {finding.because} Sources: {', '.join(finding.sources)}."


def notes(protocol: Protocol, finding: Finding, on: date) -> tuple[str, ...]:
    """What is printed beside the answer: second explanations, notes, and the caution of a negative answer."""
    negative = (protocol.texts["caution.negative"],) if finding.outcome is Outcome.NOT_INDICATED else ()
    also = tuple(_also(protocol, finding, rule) for rule in finding.also)
    return (*also, *(_note(protocol, note, on) for note in finding.notes), *negative)


def _also(protocol: Protocol, finding: Finding, rule: str) -> str:
    """A second explanation in the protocol's words; a further urgent row in its own."""
    if finding.outcome is Outcome.URGENT:
        return f"Also {rule}: {_row(protocol, rule).because}"
    return protocol.texts[f"also.{rule}"]


def patient_notes(protocol: Protocol, assessment: Assessment) -> tuple[str, ...]:
    """Notes that concern the whole patient."""
    return tuple(_note(protocol, note, assessment.on) for note in assessment.notes)


def _note(protocol: Protocol, note: Note, on: date) -> str:
    """The text of a note, and the dated Facts that it speaks of."""
    told = "; ".join(dict.fromkeys(_beside(protocol, fact, on) for fact in note.facts))
    return f"{phrase.capital(note.text)} ({told})" if told else phrase.capital(note.text)


def cautions(protocol: Protocol, assessment: Assessment) -> tuple[str, ...]:
    """What every output says: draft protocol while nobody has signed it, and that a clinician decides."""
    draft = () if assessment.signed else (protocol.texts["caution.draft"],)
    return (*draft, protocol.texts["caution.judgement"])


def _beside(protocol: Protocol, fact: Fact, on: date) -> str:
    """A Fact that no item reads here: what it speaks of, where and when it was recorded, and in which sentence."""
    return f"{phrase.sign(protocol, fact)}: {phrase.recorded(fact, on)}"
