"""One sentence of clinical prose with all that its readers need: its scope, and the headings it stands under."""

from __future__ import annotations

from dataclasses import dataclass

from fhirsvc.fhir.notes.scope import Scope
from fhirsvc.fhir.notes.sentences import Sentence
from fhirsvc.fhir.notes.words import Mention


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One sentence, the reach of its words, and what stands before it.

    topic: what the heading of its list or line mentions ("Reflexes (right/left):", "Left leg:"); () = none.
    before: the sentence right before it in the same paragraph, for what a short one leaves out; None = there is none.
    """

    sentence: Sentence
    scope: Scope
    topic: tuple[Mention, ...] = ()
    before: Sentence | None = None
