"""medspaCy's ConText on given texts, in an environment of its own: targets and texts in, what it says out, as JSON.

Standard input: {"targets": {label: [phrase, ...]}, "texts": [text, ...], "rounds": n}.  Standard output: {"seconds":
the fastest round over all texts, "answers": per text [[label, negated, uncertain, historical, hypothetical, family]]}.
Sentences are split by PyRuSH, its default; loading is not part of the time.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import medspacy
import spacy
from loguru import logger
from medspacy.ner import TargetRule

PIPES = ["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"]
FLAGS = ("is_negated", "is_uncertain", "is_historical", "is_hypothetical", "is_family")


def main() -> None:
    logger.remove()  # PyRuSH logs every token to standard error
    asked = json.load(sys.stdin)
    pipeline = medspacy.load(spacy.blank("en"), medspacy_enable=PIPES)
    rules = [TargetRule(phrase, label) for label, phrases in asked["targets"].items() for phrase in phrases]
    pipeline.get_pipe("medspacy_target_matcher").add(rules)
    rounds = [_round(pipeline, asked["texts"]) for _ in range(asked["rounds"])]
    json.dump({"seconds": min(seconds for seconds, _ in rounds), "answers": rounds[0][1]}, sys.stdout)


def _round(pipeline: Any, texts: list[str]) -> tuple[float, list[Any]]:
    start = time.perf_counter()
    documents = [pipeline(text) for text in texts]
    seconds = time.perf_counter() - start
    return seconds, [[_said(entity) for entity in document.ents] for document in documents]


def _said(entity: Any) -> list[Any]:
    return [entity.label_, *(bool(getattr(entity._, flag)) for flag in FLAGS)]


if __name__ == "__main__":
    main()
