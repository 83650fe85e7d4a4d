"""`fhirsvc coverage`: what the records of the heel patients hold that can be read, and what they lack."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fhirsvc.cli.frame import app, known_sender, read_settings, told_if_unusable
from fhirsvc.domain.response import Kind

if TYPE_CHECKING:
    from fhirsvc.domain.protocol import Protocol
    from fhirsvc.usecases.coverage import Coverage


@app.command()
def coverage(
    *,
    sender: Annotated[str, typer.Option(metavar="SENDER", help="Count this sending EHR alone.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Count, sender by sender, what the records of the heel patients hold that can be read, and what they lack.

    Also how often clinicians agreed with impressions and overrode them, by rule. It reads the newest answer for each
    patient and writes nothing; the service may run meanwhile.

    Exit codes: 0 counted, also when nobody was decided for yet; 2 called wrongly; 3 the settings, mappings or the data
    folder cannot be used, or there is no store in it.
    """
    from fhirsvc import bootstrap
    from fhirsvc.knowledge.load import load_protocol
    from fhirsvc.usecases.coverage import coverage as count

    if sender:
        known_sender(sender)
    settings, watching = read_settings(), Console(stderr=True)
    with told_if_unusable(), closing(bootstrap.kept_store(settings)) as store, watching.status("Reading") as status:
        protocol = load_protocol()
        found = count(
            store,
            protocol,
            shadow=settings.shadow,
            sender=sender,
            progress=lambda done: status.update(f"Reading: {done:,} patients so far"),
        )
    if as_json:
        typer.echo(json.dumps([_told(each) for each in found], indent=2, ensure_ascii=False))
        return
    for each in found:
        _print(each, protocol)
    if not found:
        typer.echo("Nobody was decided for yet.")


def _told(found: Coverage) -> dict[str, Any]:
    return {
        "sender": found.sender,
        "shadow": found.shadow,
        "patients": found.decided,
        "decidedInShadow": found.in_shadow,
        "heelPatients": found.heel,
        "readable": dict(found.readable),
        "missing": dict(found.missing),
        "mostMissing": found.most_missing,
        "outcomes": dict(found.outcomes),
        "unread": dict(found.unread),
        "responses": {rule: dict(kinds) for rule, kinds in found.responses.items()},
    }


def _print(found: Coverage, protocol: Protocol) -> None:
    console = Console(highlight=False, markup=False)
    console.print(f"Sender {found.sender}, {'in shadow' if found.shadow else 'live'}", style="bold")
    for sentence in _sentences(found, protocol):
        console.print(f"  {sentence}")
    heel = f"of {found.heel:,} heel patients"
    topics = {name: protocol.texts.get(key) or protocol.missing[name] for name, key in _TOPICS.items()}
    _print_counts(console, f"Readable, {heel}", _named(found.readable, topics), found.heel)
    missing = _named(found.missing, {**protocol.missing, **_REPEAT})
    _print_counts(console, f"Missing or too old, {heel}", missing, found.heel)
    _print_counts(console, f"Answers, of {found.decided:,} patients", found.outcomes.items(), found.decided)
    _print_counts(console, "Not read, resources", found.unread.items(), 0)
    _print_responses(console, found)
    console.print()


_TOPICS = {
    "reflex": "item.REFLEX.name",
    "side": "",
    "leg-symptoms": "item.RADSX.name",
    "palpation": "",
    "imaging": "item.IMG.name",
}
_REPEAT = {"repeat": "a result to repeat: results of the same time contradict each other"}


def _sentences(found: Coverage, protocol: Protocol) -> Iterator[str]:
    yield f"{found.decided:,} patients were decided for; {found.heel:,} of them have a heel complaint."
    if found.shadow:
        yield "Nothing is written to charts while the sender is in shadow."
    elif found.in_shadow:
        yield f"{found.in_shadow:,} were last decided for in shadow, and are decided again when a worker starts."
    if found.most_missing:
        name = {**protocol.missing, **_REPEAT}[found.most_missing]
        share = _share(found.missing[found.most_missing], found.heel)
        yield f"Most often missing: {name} ({share} of the heel patients)."


def _named(counts: Mapping[str, int], names: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(names[word], count) for word, count in counts.items()]


def _share(count: int, whole: int) -> str:
    return f"{100 * count / whole:.0f} %" if whole else "–"


def _print_counts(console: Console, title: str, counts: Iterable[tuple[str, int]], whole: int) -> None:
    """One line per count with its share of the whole, where there is one; nothing where nothing was counted."""
    counts = list(counts)
    if not counts:
        return
    console.print(f"  {title}:")
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_column(justify="right")
    for name, count in counts:
        table.add_row(f"    {name}", f"{count:,}", _share(count, whole) if whole else "")
    console.print(table)


def _print_responses(console: Console, found: Coverage) -> None:
    """One line per rule that clinicians spoke about: how often they agreed and overrode, and what share they overrode.

    A rule that is often overridden is one to look at.
    """
    if not found.responses:
        return
    console.print("  Clinicians' words, by the rule of the impression:")
    table = Table.grid(padding=(0, 2))
    for _ in range(4):
        table.add_column(overflow="fold")
    for rule, kinds in found.responses.items():
        agreed, overrode = kinds[Kind.AGREE], kinds[Kind.OVERRIDE]
        share = _share(overrode, agreed + overrode)
        table.add_row(f"    {rule}", f"agreed {agreed:,}", f"overridden {overrode:,}", share)
    console.print(table)
