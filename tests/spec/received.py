"""What was sent and which of it counts, told apart from the service: the last version, or the latest by its date."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

Resource = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Sent:
    """One version as it came; updated: meta.lastUpdated, None = there was none."""

    at: datetime
    resource: Resource
    updated: datetime | None


@dataclass(frozen=True)
class Lasting:
    """A resource since it was created: its versions in the order in which they came."""

    versions: tuple[Sent, ...]

    @property
    def counts(self) -> Sent:
        """The latest by the clock of the sender when every version has its time, else the last that came."""
        if any(each.updated is None for each in self.versions):
            return self.versions[-1]
        latest = max(each.updated for each in self.versions if each.updated is not None)
        return [each for each in self.versions if each.updated == latest][-1]

    def then(self, sent: Sent) -> Lasting:
        """With one more version, unless it says what the newest says and counts as that does."""
        *before, last = self.versions
        if sent.resource != last.resource:
            return Lasting((*self.versions, sent))
        if sent.updated is None or last.updated is None or sent.updated <= last.updated:
            return self
        if self.counts is last:
            return Lasting((*before, replace(last, updated=sent.updated)))
        return Lasting((*self.versions, sent))


@dataclass
class Received:
    """All that is held of what was sent, by type and id."""

    held: dict[Key, Lasting] = field(default_factory=dict)

    def put(self, resource: Resource, at: datetime) -> None:
        key = (resource["resourceType"], resource["id"])
        sent = Sent(at, _without_time(resource), _updated(resource))
        self.held[key] = self.held[key].then(sent) if key in self.held else Lasting((sent,))

    def delete(self, key: Key) -> None:
        self.held.pop(key, None)

    def evidence(self) -> Mapping[Key, Resource]:
        """What counts."""
        return {key: each.counts.resource for key, each in self.held.items()}

    def of(self, patients: frozenset[str]) -> Received:
        """What speaks of these patients."""
        return Received({key: each for key, each in self.held.items() if subject_of(each.counts.resource) in patients})

    def told(self) -> str:
        """All of it as text that is equal when a store that decides now has nothing else to go by."""
        return json.dumps(sorted(_line(key, each) for key, each in self.held.items()))

    def arrivals(self) -> Iterator[tuple[datetime, list[Resource]]]:
        """What a store must receive, and when, to hold the same: what counts, each when it came.

        A resource that came before as something else comes then too, for it is known since then.
        """
        coming: dict[datetime, list[Resource]] = defaultdict(list)
        for each in self.held.values():
            if each.versions[0].at != each.counts.at:
                coming[each.versions[0].at].append({**each.versions[0].resource, "language": "en-NZ"})
            coming[each.counts.at].append(each.counts.resource)
        yield from sorted(coming.items(), key=lambda pair: pair[0])


def subject_of(resource: Resource) -> str:
    """The id of the Patient that a resource speaks of or is."""
    if resource["resourceType"] == "Patient":
        return str(resource["id"])
    return str(resource["subject"]["reference"]).removeprefix("Patient/")


def _line(key: Key, each: Lasting) -> list[Any]:
    return [*key, each.versions[0].at.isoformat(), each.counts.at.isoformat(), each.counts.resource]


def _without_time(resource: Resource) -> Resource:
    return {key: value for key, value in resource.items() if key != "meta"}


def _updated(resource: Resource) -> datetime | None:
    told = resource.get("meta", {}).get("lastUpdated")
    return datetime.fromisoformat(told.replace("Z", "+00:00")) if told else None
