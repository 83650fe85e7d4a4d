"""Are two assessments the same decision? The decision_key, by which an equal decision is never written twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from fhirsvc.domain.assessment import Assessment, Finding, Reading, Weighed
from fhirsvc.domain.evidence import Fact, Moment


def decision_key(tenant: str, patient: str, assessment: Assessment) -> str:
    """Hex SHA-256 over tenant, patient and, per finding, outcome, rule, used items and what was not recorded.

    No version of protocol or terminology is in it, no negative result and no trace (ARCHITECTURE section 5, step 7):
    the same bundle again, one more normal reflex or a new phrase list that decides alike gives an equal key.
    """
    decision = {
        "tenant": tenant,
        "patient": patient,
        "not-applicable": assessment.not_applicable,
        "findings": [decided(each) for each in assessment.findings],
    }
    canonical = json.dumps(decision, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def merged_key(tenant: str, patient: str, survivor: str) -> str:
    """Hex SHA-256 of the decision that what stood for a Patient stands for the survivor of its person from now on."""
    return hashlib.sha256(json.dumps(["merged", tenant, patient, survivor]).encode()).hexdigest()


def decided(finding: Finding) -> dict[str, Any]:
    """What of a finding is part of the decision, as JSON values."""
    return {
        "complaint": finding.complaint or "",
        "side": finding.side or "",
        "outcome": finding.outcome,
        "rule": finding.rule,
        "used": sorted({_weighed(each) for each in counted(finding.readings)}),
        "urgent": sorted({_fact(fact, "full") for fact in finding.urgent_facts}),
        "missing": list(finding.missing),
    }


def counted(readings: Iterable[Reading]) -> list[Weighed]:
    """The newest carrier of every item that counts for something."""
    counting = (reading for reading in readings if reading.present and reading.tier and reading.carriers)
    return [max(reading.carriers, key=_newest) for reading in counting]


def _newest(each: Weighed) -> tuple[Moment, str, str]:
    return (each.fact.moment, each.fact.concept, each.fact.side)


def _weighed(each: Weighed) -> str:
    return _fact(each.fact, each.validity)


def _fact(fact: Fact, validity: str) -> str:
    """Concept, presence, side, root, clinical date and validity of a used item, and nothing of its source."""
    when = fact.moment.earliest.isoformat()
    return "|".join((fact.concept, fact.presence, fact.side, fact.root or "", when, validity))
