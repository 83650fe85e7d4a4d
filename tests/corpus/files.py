"""Posts a folder of FHIR files to a real service; prints what was accepted, what was refused and why, and each claim.

    make corpus DIR=../shared/corpus/files

A transaction goes as one, without the entries whose type may not be posted, unless the others refer to those; what it
refers to by a query is created before it, as its sender would have.  The resources of any other Bundle, and single
resources, go as a batch of those whose type may be posted.  A refused resource that the models of fhir.resources
refuse too is invalid by a second judge.  Fails when an answer is 5xx, when a submission does not end, or when fewer
than 95 in 100 of the other resources are accepted.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fhir.resources.R4B import get_fhir_model_class

from fhirsvc.fhir.resource_types import ACCEPTED
from tests.functional.running import Running, outputs

GOAL = 0.95
NO_CLAIM = frozenset({"not-applicable"})

_BY_IDENTIFIER = re.compile(r'"reference": "(\w+)\?identifier=([^|"]*)\|([^|"&]*)"')

Json = dict[str, Any]


@dataclass
class Tally:
    """Counts over all files: resources by fate, refusals with their reasons, faults, and the claims made."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    invalid: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)

    @property
    def valid(self) -> int:
        """Resources of types that may be posted, without those that both judges refuse."""
        return self.accepted.total() + self.refused.total() - self.invalid.total()

    @property
    def share(self) -> float:
        """Accepted of the valid ones."""
        return self.accepted.total() / self.valid if self.valid else 0.0

    def refuse(self, resource: Json, why: str) -> None:
        """Count a refused resource, and whether the second judge refuses it too."""
        kind = resource.get("resourceType", "?")
        self.refused[kind] += 1
        is_invalid = _is_refused_by_models(resource)
        self.invalid[kind] += is_invalid
        self.reasons.append(f"{why}{' (fhir.resources refuses it too)' if is_invalid else ''}")


def main(folder: Path) -> int:
    """Exit code: 0 = every goal met."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as store, Running(Path(store)) as service:
        for path in sorted(folder.glob("*.json")):
            _post(path, service, tally)
    _print(tally)
    return 0 if not tally.faults and tally.share >= GOAL else 1


def _post(path: Path, service: Running, tally: Tally) -> None:
    resource = json.loads(path.read_bytes())
    is_r4 = "R5" not in path.name.upper().split("__", 1)[0]
    bundle, supported = _wrapped(resource)
    if is_r4:
        tally.unsupported.update(each["resourceType"] for each in _resources(resource) if _is_other(each))
    if not supported:
        return
    if asked_for := list(_asked_for(bundle)):
        service.post({"resourceType": "Bundle", "type": "batch", "entry": asked_for})
    response = service.post(bundle)
    if response.status_code >= 500:
        tally.faults.append(f"{path.name}: HTTP {response.status_code}")
        return
    if is_r4:
        _count(path.name, bundle, response.status_code, response.json(), tally)
    if response.status_code == 200:
        _claims(path.name, service.task(response), tally)


def _wrapped(resource: Json) -> tuple[Json, list[Json]]:
    """The Bundle to post, and the resources in it that may be posted."""
    if resource["resourceType"] == "Bundle" and resource.get("type") == "transaction":
        entries = [each for each in resource["entry"] if not _is_other(each["resource"])]
        left_out = [each["fullUrl"] for each in resource["entry"] if each not in entries]
        if not any(url in json.dumps(entries) for url in left_out):
            return {**resource, "entry": entries}, [each["resource"] for each in entries]
    found = [each for each in _resources(resource) if not _is_other(each)]
    return {"resourceType": "Bundle", "type": "batch", "entry": [_entry(each) for each in found]}, found


def _entry(resource: Json) -> Json:
    kind, id_ = resource["resourceType"], resource.get("id")
    request = {"method": "PUT", "url": f"{kind}/{id_}"} if id_ else {"method": "POST", "url": kind}
    return {"resource": resource, "request": request}


def _asked_for(bundle: Json) -> Iterator[Json]:
    """Entries that create what a transaction asks for by an identifier."""
    if bundle["type"] == "transaction":
        for kind, system, value in sorted(set(_BY_IDENTIFIER.findall(json.dumps(bundle)))):
            resource = {"resourceType": kind, "identifier": [{"system": system, "value": value}]}
            query = f"identifier={system}|{value}"
            yield {"resource": resource, "request": {"method": "POST", "url": kind, "ifNoneExist": query}}


def _resources(resource: Json) -> Iterator[Json]:
    if resource.get("resourceType") != "Bundle":
        yield resource
    for entry in resource.get("entry", ()) if resource.get("resourceType") == "Bundle" else ():
        if "resource" in entry:
            yield from _resources(entry["resource"])


def _is_other(resource: Json) -> bool:
    return resource.get("resourceType") not in ACCEPTED


def _count(name: str, bundle: Json, status: int, answer: Json, tally: Tally) -> None:
    sent = [each.get("resource", {}) for each in bundle["entry"]]
    if status != 200:
        for resource in sent:
            tally.refuse(resource, f"{name}: {resource.get('resourceType')}, HTTP {status}: {_said(answer)}")
        return
    for resource, entry in zip(sent, answer["entry"], strict=True):
        kind, outcome = resource["resourceType"], entry["response"]
        if outcome["status"].startswith("2"):
            tally.accepted[kind] += 1
        else:
            why = _said(outcome.get("outcome", {}))
            tally.refuse(resource, f"{name}: {kind}/{resource.get('id')}: {why}")


def _said(outcome: Json) -> str:
    faults = [each for each in outcome.get("issue", ()) if each["severity"] in {"error", "fatal"}]
    told = (f"{each.get('details', {}).get('text', each['code'])} {each.get('expression', [''])[0]}" for each in faults)
    return "; ".join(told)


def _is_refused_by_models(resource: Json) -> bool:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except (ValueError, KeyError):
        return True
    return False


def _claims(name: str, task: Json, tally: Tally) -> None:
    if task["status"] != "completed":
        tally.faults.append(f"{name}: its submission ended as {task['status']}")
    for outcome, patient in zip(outputs(task, "outcome"), outputs(task, "patient"), strict=False):
        code = outcome["coding"][0]["code"]
        if code not in NO_CLAIM:
            tally.claims.append(f"{name}: {patient['reference']}: {outcome.get('text', code)}")


def _print(tally: Tally) -> None:
    print("refusals:", *(tally.reasons or ["none"]), sep="\n  ")
    print("claims:", *(tally.claims or ["none"]), sep="\n  ")
    print("answers of 5xx and submissions that failed:", *(tally.faults or ["none"]), sep="\n  ")
    print("not posted, for their type may not be:", dict(tally.unsupported.most_common()))
    print("refused by type:", dict(tally.refused.most_common()))
    accepted, total = tally.accepted.total(), tally.accepted.total() + tally.refused.total()
    print(f"accepted {accepted} of {total} resources of types that may be posted: {accepted / max(total, 1):.1%}")
    print(f"accepted {accepted} of {tally.valid} that are not refused by fhir.resources as well: {tally.share:.1%}")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
