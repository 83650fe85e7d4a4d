"""What the document for senders shows of the fate of each entry is what the service answers, and valid FHIR."""

from __future__ import annotations

import json
import re
from typing import Any

from fhirsvc.fhir.fate import EntryFate
from fhirsvc.usecases import tell
from tests.docs.blocks import ROOT
from tests.fhir_checks import assert_valid_r4
from tests.functional.running import Running, outputs

DOCUMENT = (ROOT / "docs" / "ehr.md").read_text(encoding="utf-8")
SECTION = DOCUMENT.partition("## What became of each entry\n")[2].partition("\n## ")[0]
SENT, SHOWN = map(json.loads, re.findall(r"```json\n(.*?)```", SECTION, re.DOTALL))


def issues(answer: dict[str, Any]) -> list[list[dict[str, Any]]]:
    return [entry["response"]["outcome"]["issue"] for entry in answer["entry"]]


def test_the_example_of_the_document_is_answered_as_it_shows(service: Running) -> None:
    answer = service.post(SENT).json()
    assert issues(answer) == SHOWN
    assert_valid_r4(answer)


def test_the_document_explains_every_code_and_no_other() -> None:
    explained = set(re.findall(r"^\| ([a-z][a-z-]+) \|", SECTION, re.MULTILINE)) | {"needs-site", "corroborate"}
    assert explained == set(EntryFate)
    assert "(needs-site)" in SECTION
    assert "(corroborate)" in SECTION


def test_the_document_says_how_much_is_read_before_the_answer() -> None:
    assert f"{tell.LONGEST_TEXT:,} characters" in SECTION
    assert f"at most {tell.LONGEST_BUNDLE:,})" in SECTION


def test_the_task_says_the_same_of_what_was_not_understood(service: Running) -> None:
    posted = service.post(SENT)
    task = service.task(posted)
    said = {
        (entry["response"]["location"], issue["details"]["coding"][-1]["code"])
        for entry in posted.json()["entry"]
        for issue in entry["response"]["outcome"]["issue"]
        if issue["severity"] == "warning"
    }
    named = [each["reference"] for each in outputs(task, "not-understood")]
    assert set(zip(named, outputs(task, "why"), strict=True)) == said
