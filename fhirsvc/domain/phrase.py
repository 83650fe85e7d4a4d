"""How the parts of an answer are said in words: a Concept, a time, a number, a Fact."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, timedelta
from fractions import Fraction

from fhirsvc.domain.evidence import Fact, Moment, Presence, Root, Side
from fhirsvc.domain.protocol import Complaint, Item, Protocol
from fhirsvc.domain.timeline import age_in_days

COMPLAINT = {
    Complaint.ACHILLES: "Achilles tendon pain",
    Complaint.PLANTAR: "plantar heel pain",
    Complaint.HEEL: "heel pain",
}
STRUCTURE = {Complaint.ACHILLES: "tendon", Complaint.PLANTAR: "fascia", Complaint.HEEL: "heel"}
SIDE = {Side.LEFT: "left", Side.RIGHT: "right", Side.BOTH: "both sides", Side.UNKNOWN: "side not recorded"}
_NAMES = {"achilles": "Achilles", "emg": "EMG", "royal": "Royal", "london": "London", "thompson": "Thompson"}
_STANDING = {Presence.PRESENT: "", Presence.ABSENT: ", recorded as not present", Presence.UNKNOWN: ", no result"}
_LONGEST_QUOTE = 240


def capital(text: str) -> str:
    """The text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def concept(code: str) -> str:
    """A Concept code as words: "achilles-reflex" is said "Achilles reflex"."""
    return " ".join(_NAMES.get(word, word) for word in code.split("-"))


def listed(words: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def roots(found: Iterable[Root]) -> str:
    """Named roots in anatomical order; none named: the words that leave it open."""
    named = sorted(set(found))
    return listed(named) if named else "lumbosacral nerve root"


def day(moment: Moment) -> str:
    """A time as precisely as it is known and no finer than a day: 2026-11-14, 2026-03, 2026, or both ends."""
    first, last = moment.earliest, moment.latest
    if first == last:
        return first.isoformat()
    if first.day == 1 and last == _end_of_month(first):
        return f"{first:%Y-%m}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return f"{first:%Y}"
    return f"{first.isoformat()} to {last.isoformat()}"


def _end_of_month(first: date) -> date:
    return first + timedelta(days=monthrange(first.year, first.month)[1] - 1)


def ago(moment: Moment, on: date) -> str:
    """Whole days before `on`, counted from the earliest day it can mean: "today", "1 day ago", "10 days ago"."""
    days = age_in_days(moment, on)
    if days == 0:
        return "today"
    return "1 day ago" if days == 1 else f"{days} days ago"


def dated(fact: Fact, on: date) -> str:
    """ "2026-11-14, 10 days ago"; without a clinical time the day of receipt, said to be that."""
    if fact.recorded is None:
        return f"date not recorded, received {fact.received.astimezone(UTC).date().isoformat()}"
    return f"{day(fact.recorded)}, {ago(fact.recorded, on)}"


def number(value: Fraction) -> str:
    """A grade, count or measure: 13/3 is the grade 4+, 11/3 the grade 4-, other fractions in decimals."""
    whole, part = divmod(value, 1)
    if part == Fraction(1, 3):
        return f"{whole}+"
    if part == Fraction(2, 3):
        return f"{whole + 1}-"
    return f"{whole}" if part == 0 else f"{float(value):g}"


def answer(fact: Fact) -> str:
    """The graded word, else the number, as recorded; "" where the answer is only that the sign is there or not."""
    if fact.result:
        return fact.result
    return number(fact.number) if fact.number is not None else ""


def sign(protocol: Protocol, fact: Fact, item: Item | None = None) -> str:
    """What a Fact speaks of, so that "absent" can never be read of the function in place of its loss.

    A graded answer: the name of the Concept.  Else the words of the item, "power normal (knee extension power)", of a
    red flag those of its feature, of anything else the name.  item: which item it is read for, None = find it.
    """
    name = concept(fact.concept)
    if answer(fact):
        return name
    asking = item or _asking(protocol, fact.concept)
    if asking is None:
        return f"{_flagged(protocol, fact.concept) or name}{_STANDING[fact.presence]}"
    told = _in_words(protocol, asking, fact.presence)
    return told if len(asking.concepts) == 1 or name == told else f"{told} ({name})"


def _asking(protocol: Protocol, code: str) -> Item | None:
    """The last item that asks for a Concept: tenderness is told as a local sign, not as an unmet absence of it."""
    return next((item for item in reversed(protocol.items) if code in item.concepts), None)


def _flagged(protocol: Protocol, code: str) -> str:
    features = {each.concept: each.text for each in protocol.features}
    return features.get(code) or next((each.text for each in protocol.risks if each.concept == code), "")


def _in_words(protocol: Protocol, item: Item, presence: Presence) -> str:
    if presence is Presence.UNKNOWN:
        return f"{protocol.texts[f'item.{item.name}.name']}, no result"
    return protocol.texts[f"item.{item.name}.{presence}"]


def located(fact: Fact, on: date) -> str:
    """One Fact with all that identifies it: answer, side, root, area, time and resource version."""
    parts = (
        answer(fact),
        SIDE[fact.side] if fact.side is not Side.UNKNOWN else "",
        f"{SIDE[fact.raised]} leg raised" if fact.raised is not Side.UNKNOWN else "",
        fact.root or "",
        fact.area.replace("-", " "),
        f"{fact.modality} study" if fact.modality else "",
        dated(fact, on),
        fact.source.reference,
    )
    return ", ".join(part for part in parts if part)


def recorded(fact: Fact, on: date) -> str:
    """The same, with the sentence of the record it was read from, and what that was understood to name."""
    return ", ".join(filter(None, (located(fact, on), read_from(fact))))


def read_from(fact: Fact) -> str:
    """The quoted sentence that a Fact was read from, and what it was understood to name; "" = not read from text."""
    quoted = quote(fact.source.sentence)
    return f"{quoted} (read as: {fact.source.named})" if quoted and fact.source.named else quoted


def quote(sentence: str) -> str:
    """A sentence of the record in quotation marks, printable, on one line and not too long; "" = none."""
    plain = " ".join("".join(each if each.isprintable() else " " for each in sentence).split())
    if not plain:
        return ""
    return f"“{plain}”" if len(plain) <= _LONGEST_QUOTE else f"“{plain[:_LONGEST_QUOTE].rstrip()} …”"
