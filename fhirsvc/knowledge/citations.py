"""The sources an author cites: for all complaints at once, or per complaint with claims about others by extension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fhirsvc.domain.protocol import Complaint
from fhirsvc.knowledge.authored import Entries, Text
from fhirsvc.knowledge.closed import SOURCES, extends, is_source
from fhirsvc.knowledge.entry import Entry

_ANY = "any"


@dataclass(frozen=True, slots=True)
class Citations:
    """flat: everything cited, in order; by_complaint: what is cited for each, its own claims first."""

    flat: tuple[str, ...] = ()
    by_complaint: Mapping[Complaint, tuple[str, ...]] = field(default_factory=dict)


def cited_once(entry: Entry) -> tuple[str, ...]:
    """The plain list of sources of an entry that speaks of no single complaint."""
    return tuple(_known(entry, "sources"))


def cited_per_complaint(entry: Entry) -> Citations:
    """`sources: [E1]`, or `sources: {any: [E2], achilles: [S-A17], plantar: [S-A17 by extension], heel: […]}`."""
    if not isinstance(entry.entries.get(Text("sources")), Entries):
        listed = _listed(entry, "sources", None)
        return Citations(listed, dict.fromkeys(Complaint, listed))
    sources = entry.under("sources", f"{entry.title}, sources")
    sources.closes([complaint.value for complaint in Complaint], [_ANY])
    general = _listed(sources, _ANY, None)
    own = {complaint: _listed(sources, complaint.value, complaint) for complaint in Complaint}
    flat = (source for listed in (*own.values(), general) for source in listed)
    return Citations(tuple(dict.fromkeys(flat)), {complaint: (*listed, *general) for complaint, listed in own.items()})


def _listed(entry: Entry, name: str, complaint: Complaint | None) -> tuple[str, ...]:
    known = _known(entry, name)
    for source in known:
        if not extends(source, complaint):
            _refuse_reach(entry, source, complaint)
    return tuple(known)


def _known(entry: Entry, name: str) -> list[str]:
    sources = entry.texts(name)
    for source in sources:
        if not is_source(source):
            entry.fault(f"`{source}` is not a source.", f"Write an id of the list: {SOURCES}.", source)
    return [str(source) for source in sources if is_source(source)]


def _refuse_reach(entry: Entry, source: str, complaint: Complaint | None) -> None:
    at = entry.entries.get(Text(complaint.value if complaint else _ANY))
    if complaint is None:
        do = "List it under the complaints it is cited for: `sources: {achilles: […], plantar: […], heel: […]}`."
        entry.fault(f"`{source}` is a claim about one complaint and is cited for all.", do, at)
        return
    plain = source.removesuffix(" by extension")
    right = plain if source != plain else f"{plain} by extension"
    says = "is this complaint's own claim" if source != plain else "is a claim about another complaint"
    entry.fault(f"`{source}` {says}.", f"Write `{right}` for {complaint.value}.", at)
