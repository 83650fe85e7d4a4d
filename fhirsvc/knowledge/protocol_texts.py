"""concepts.yaml and texts.yaml of a protocol: the clinical questions, and what is said to clinicians."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fhirsvc.domain.protocol import Protocol
from fhirsvc.knowledge import closed
from fhirsvc.knowledge.authored import Text
from fhirsvc.knowledge.entry import Entry

COMPLAINT, HISTORY, RULE_OUT, FEATURE, RISK = "complaint", "history", "rule-out", "urgent feature", "risk"
_SLOT = re.compile(r"\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One Concept as the protocol asks it: the question in words, how an answer is read, and what it counts as."""

    concept: str
    question: str
    answer: str
    counts_as: tuple[str, ...]


def questions(page: Entry) -> tuple[Question, ...]:
    """Every Concept of concepts.yaml, in its order."""
    return tuple(_question(concept, entry) for concept, entry in page.named("Concept"))


def _question(concept: str, entry: Entry) -> Question:
    entry.closes(["question", "answer", "counts as"])
    return Question(
        concept=concept,
        question=entry.text("question"),
        answer=entry.text("answer"),
        counts_as=tuple(str(each) for each in entry.texts("counts as")),
    )


def check_uses(page: Entry, asked: Iterable[Question], protocol: Protocol) -> None:
    """Faults where concepts.yaml says another use of a Concept than protocol.yaml makes of it."""
    uses = _uses(protocol)
    for question in asked:
        used = uses.get(question.concept, set())
        if set(question.counts_as) != used:
            entry = page.under(question.concept, f"Concept {question.concept}")
            do = f"Write `counts as: [{', '.join(sorted(used))}]`, or change protocol.yaml." if used else "Remove it."
            entry.fault("protocol.yaml reads it as something else.", do)


def _uses(protocol: Protocol) -> dict[str, set[str]]:
    uses: dict[str, set[str]] = {}
    told = (
        *((concept, COMPLAINT) for concept in protocol.complaints),
        *((concept, item.name) for item in protocol.items for concept in item.concepts),
        *((feature.concept, FEATURE) for feature in protocol.features),
        *((risk.concept, RISK) for risk in protocol.risks),
        *(
            (concept, RULE_OUT if word in closed.RULE_OUTS else HISTORY)
            for word, concepts in protocol.history.items()
            for concept in concepts
        ),
    )
    for concept, use in told:
        uses.setdefault(concept, set()).add(use)
    return uses


def texts(page: Entry, protocol: Protocol) -> dict[str, str]:
    """Key → text; every key the rows, items and notes ask for must be there, and no other."""
    rows = {rule.text: rule.outcome.value for rule in protocol.rules if rule.text}
    second = [rule.name for rule in protocol.rules if rule.second]
    page.closes(closed.text_keys(rows=rows, second=second, items=[item.name for item in protocol.items]))
    found = {str(key): page.text(key) for key in page.entries}
    for key, text in found.items():
        _check_slots(page, key, text, rows)
    return found


def _check_slots(page: Entry, key: str, text: str, rows: Mapping[str, str]) -> None:
    """Only an outcome has slots, and only the ones that can be filled for it."""
    allowed = _slots(key, rows)
    unknown = [slot for slot in _SLOT.findall(text) if slot not in allowed]
    if unknown or _BRACE.search(_SLOT.sub("", text)):
        named = ", ".join(f"{{{slot}}}" for slot in allowed)
        do = f"Use only: {named}." if allowed else "Write it without braces."
        page.fault(f"`{key}` has a slot that nothing fills.", do, page.entries[Text(key)])


def _slots(key: str, rows: Mapping[str, str]) -> tuple[str, ...]:
    if not key.startswith("outcome."):
        return ()
    return closed.URGENT_SLOTS if rows.get(key) == "urgent" else closed.SLOTS
