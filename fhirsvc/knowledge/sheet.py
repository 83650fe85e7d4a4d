"""The page a clinician reads and signs, drawn from a protocol version; a stale page is a Fault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from fhirsvc.domain.protocol import Complaint, Confounder, Feature, Item, Protocol, Risk, Rule, Threshold
from fhirsvc.knowledge.cells import row_in_words
from fhirsvc.knowledge.faults import Fault, Faulty
from fhirsvc.knowledge.load import Draft, read_draft, version_folders
from fhirsvc.knowledge.protocol_texts import Question

SHEET = "README.md"
_UNSIGNED = "**Not signed. Draft protocol, not clinically approved.**"


def draw_all(root: Path) -> tuple[Path, ...]:
    """Draws the page of every version of a mappings folder; returns the pages that changed.

    Raises Faulty when a version cannot be read as it stands.
    """
    changed = []
    for folder in version_folders(root):
        draft = read_draft(folder)
        if draft.faults:
            raise Faulty(draft.faults)
        page = folder / SHEET
        if not _is_current(page, draft):
            page.write_text(draw(draft), encoding="utf-8")
            changed.append(page)
    return tuple(changed)


def sheet_faults(folder: Path, draft: Draft) -> tuple[Fault, ...]:
    """A page that is not what would be drawn now."""
    page = folder / SHEET
    if _is_current(page, draft):
        return ()
    name = "/".join(page.absolute().parts[-4:])
    return (Fault(name, 0, "The page is not what the protocol says now.", "Draw it again: `fhirsvc sheet`."),)


def _is_current(page: Path, draft: Draft) -> bool:
    return page.is_file() and page.read_text(encoding="utf-8") == draw(draft)


def draw(draft: Draft) -> str:
    """The whole page as Markdown."""
    protocol = draft.protocol
    parts = (
        _head(protocol),
        _section("Rows of the patient", ROWS_ARE_READ, _rules(protocol, "patient")),
        _section("Rows of each complaint and side", SETS, _rules(protocol, "limb")),
        _section("Items", _ITEMS, _table(_ITEM_HEAD, map(_item, protocol.items))),
        _section("What a root is worth", "", _roots(protocol)),
        _section("Windows", "Days of age; what is older than weak is not used.", _clocks(protocol)),
        _section("Bare numbers that are a sign", "", _measures(protocol)),
        _section("Confounders", _CONFOUNDERS, _table(_CONFOUNDER_HEAD, map(_confounder, protocol.confounders))),
        _section("Urgent features", "", _table(_FEATURE_HEAD, map(_feature, protocol.features))),
        _section("Risks beside recent back pain", "", _table(_RISK_HEAD, map(_risk, protocol.risks))),
        _section("Read as history", "", _history(protocol)),
        _section("Numbers", "", _table(_THRESHOLD_HEAD, map(_threshold, protocol.thresholds.values()))),
        _section("What can be missing, in the order it is asked for", "", _missing(protocol)),
        _section("What is asked", "", _table(_QUESTION_HEAD, map(_question, draft.questions))),
        _section("What is said", "", _table(("Key", "Text"), sorted(protocol.texts.items()))),
    )
    return "\n".join(parts)


ROWS_ARE_READ = (
    "The first row that fits decides; the complaints and sides are answered as well when an urgent row fits."
)
SETS = (
    "The first row whose conditions all hold decides. A, B and C are the items of that tier after demotion: a weak "
    "item goes one tier down, a weak item of tier C is dropped. Screen: reflex of both sides, straight-leg raise, and "
    "sensation or power, each with a result in its window; negative = none of them a sign on the painful side."
)
_ITEMS = (
    "Side: matched = same side or both; inherits = a statement without a side belongs to the only affected limb; "
    "none = side is not read."
)
_CONFOUNDERS = "Where several hold, the lowest effect counts."

_RULE_HEAD = ("Rule", "Conditions", "Outcome", "Strength", "Flag", "Because", "Sources")
_ITEM_HEAD = ("Item", "Tier", "Present when", "Side", "Root not recorded", "Window", "Concepts", "Sources")
_CONFOUNDER_HEAD = ("Confounder", "When", "Pattern", "Items", "Effect", "Sources")
_FEATURE_HEAD = ("Feature", "Text", "Needs pain", "Needs onset", "Emergency up to", "Review up to", "Sources")
_RISK_HEAD = ("Concept", "Text", "Within", "From age")
_THRESHOLD_HEAD = ("Name", "Value", "Unit", "State", "Meaning", "Sources")
_QUESTION_HEAD = ("Concept", "Question", "How the answer is read", "Counts as")


def _head(protocol: Protocol) -> str:
    signed = protocol.signature
    state = f"Signed by {signed.name}, {signed.role}, on {signed.on}." if signed else _UNSIGNED
    return (
        f"# {protocol.title}: {protocol.name} {protocol.version}\n\n"
        "Drawn from `protocol.yaml`, `concepts.yaml` and `texts.yaml` by `fhirsvc sheet`.\n"
        "Change those, not this page.\n\n"
        f"{state}\n\n{protocol.texts['caution.judgement']}\n\n"
        f"Canonical: `{protocol.canonical}`  \nDigest: `{protocol.digest}`\n"
    )


def _section(title: str, introduction: str, body: str) -> str:
    return "\n\n".join(part for part in (f"## {title}", introduction, body) if part) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(_cell(text) for text in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ") or "–"


def _rules(protocol: Protocol, level: str) -> str:
    return _table(_RULE_HEAD, (_rule(rule) for rule in protocol.rules if rule.level == level))


def _rule(rule: Rule) -> Sequence[str]:
    outcome = f"{rule.outcome.value}, printed second where another row leads" if rule.second else rule.outcome.value
    strength = "" if rule.strength == "none" else rule.strength
    flag = "yes" if rule.flag else ""
    return rule.name, row_in_words(rule.cells), outcome, strength, flag, rule.because, _cited(rule.sources, rule.cited)


def _cited(sources: Sequence[str], cited: Mapping[Complaint, tuple[str, ...]]) -> str:
    if len(set(cited.values())) <= 1:
        return ", ".join(sources)
    return "; ".join(f"{complaint.value}: {', '.join(listed)}" for complaint, listed in cited.items())


def _item(item: Item) -> Sequence[str]:
    unrecorded = item.root_unrecorded.value if item.root_unrecorded else "not read"
    clock = item.clock if item.clock == item.problem_clock else f"{item.clock}; as a problem: {item.problem_clock}"
    concepts = ", ".join(_speaks_for(item, concept) for concept in item.concepts)
    return (
        item.name,
        item.tier,
        item.text,
        item.side.value,
        unrecorded,
        clock,
        concepts,
        _cited(item.sources, item.cited),
    )


def _speaks_for(item: Item, concept: str) -> str:
    kinds = item.structure.get(concept)
    return f"{concept} ({', '.join(sorted(kinds))})" if kinds else concept


def _roots(protocol: Protocol) -> str:
    roots = [str(root) for root in next(iter(protocol.roots.values()))]
    rows = ((kind.value, *(worth.value for worth in worths.values())) for kind, worths in protocol.roots.items())
    return _table(("Complaint", *roots), rows)


def _clocks(protocol: Protocol) -> str:
    rows = (
        (clock.name, str(clock.full), "while active" if clock.weak is None else str(clock.weak))
        for clock in protocol.clocks.values()
    )
    return _table(("Window", "Full up to", "Weak up to"), rows)


def _measures(protocol: Protocol) -> str:
    rows = (
        (each.concept, each.sign.replace("-", " "), each.threshold, each.share_of_other_side)
        for each in protocol.measures
    )
    return _table(("Concept", "Sign when", "Threshold", "Or at most this share of the other side"), rows)


def _confounder(confounder: Confounder) -> Sequence[str]:
    narrower = ("an older age",) if confounder.age else ("a recorded neuropathy",) if confounder.neuropathy else ()
    pattern = " with ".join((confounder.pattern, *narrower))
    items = ", ".join(confounder.items)
    sources = ", ".join(confounder.sources)
    return confounder.name, confounder.text, pattern, items, confounder.effect.value, sources


def _feature(feature: Feature) -> Sequence[str]:
    emergency = "never" if feature.emergency is None else f"{feature.emergency} days"
    pain, onset = ("yes" if needed else "no" for needed in (feature.needs_pain, feature.needs_onset))
    return feature.name, feature.text, pain, onset, emergency, f"{feature.review} days", ", ".join(feature.sources)


def _risk(risk: Risk) -> Sequence[str]:
    within = "" if risk.within is None else f"{risk.within} days"
    return risk.concept, risk.text, within, "" if risk.at_least_age is None else f"{risk.at_least_age} years"


def _history(protocol: Protocol) -> str:
    return _table(("Word", "Concepts"), ((word, ", ".join(concepts)) for word, concepts in protocol.history.items()))


def _threshold(threshold: Threshold) -> Sequence[str]:
    state = "proposed" if threshold.proposed else ""
    sources = ", ".join(threshold.sources)
    return threshold.name, str(threshold.value), threshold.unit, state, threshold.text, sources


def _missing(protocol: Protocol) -> str:
    return "\n".join(f"{number}. {text}" for number, text in enumerate(protocol.missing.values(), start=1))


def _question(question: Question) -> Sequence[str]:
    return question.concept, question.question, question.answer, ", ".join(question.counts_as)
