"""What clinicians said of impressions, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from fhirsvc.domain.response import Kind
from fhirsvc.usecases.ports import Response


class MemoryResponses:
    """See ports.Responses."""

    def __init__(self, kept: dict[tuple[str, str], Response]) -> None:
        self._kept = kept

    def add(self, tenant: str, response: Response) -> None:
        """Keep a response; ValueError when its id is not new."""
        if (tenant, response.id) in self._kept:
            raise ValueError("a response is kept once")
        self._kept[tenant, response.id] = response

    def get(self, tenant: str, id: str) -> Response | None:
        """A response, or None."""
        return self._kept.get((tenant, id))

    def of(self, tenant: str, patients: Collection[str]) -> Sequence[Response]:
        """The responses to what was written for these Patients, in order of time."""
        theirs = (each for (owner, _), each in self._kept.items() if owner == tenant and each.patient in patients)
        return sorted(theirs, key=lambda each: (each.at, each.id))

    def tallies(self) -> Mapping[str, Mapping[str, Mapping[Kind, int]]]:
        """How many of each kind there are, by tenant and rule."""
        counts: dict[str, dict[str, dict[Kind, int]]] = {}
        for (tenant, _), each in self._kept.items():
            kinds = counts.setdefault(tenant, {}).setdefault(each.rule, {})
            kinds[each.word.kind] = kinds.get(each.word.kind, 0) + 1
        return counts
