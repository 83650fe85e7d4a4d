"""What an examination found, one reader per kind of finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fhirsvc.fhir.notes.clinical.examined import Examined
from fhirsvc.fhir.notes.clinical.palpation import (
    read_dorsiflexion,
    read_palpation,
    read_rectal_tone,
    read_signs,
)
from fhirsvc.fhir.notes.clinical.passage import Passage
from fhirsvc.fhir.notes.clinical.power import read_power
from fhirsvc.fhir.notes.clinical.provocation import read_provocation
from fhirsvc.fhir.notes.clinical.reflexes import read_reflexes
from fhirsvc.fhir.notes.clinical.sensation import read_sensation
from fhirsvc.fhir.notes.clinical.walking import read_gait, read_walking
from fhirsvc.fhir.notes.remark import Remark

_READERS: tuple[Callable[[Examined], Iterator[Remark]], ...] = (
    read_reflexes,
    read_provocation,
    read_power,
    read_walking,
    read_gait,
    read_sensation,
    read_palpation,
    read_signs,
    read_dorsiflexion,
    read_rectal_tone,
)


_NAMING = frozenset(
    {
        *("reflex", "reflex-site", "test", "muscle", "movement", "heel-raise", "foot-end", "gait-kind", "limp", "gait"),
        *("sense", "palpated", "sign", "rectal-tone", "rectal", "strength"),
    }
)
"""Kinds of word without which a sentence names nothing that is examined."""


def read(passage: Passage) -> Iterator[Remark]:
    """Every examination finding of one sentence."""
    mentions = (*passage.sentence.mentions, *passage.topic)
    if _NAMING.isdisjoint(mention.kind for mention in mentions):
        return
    seen = Examined(passage)
    for reader in _READERS:
        yield from reader(seen)
