"""`fhirsvc unmapped` and `fhirsvc map`: what senders sent and was not understood, and what it is to mean."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from fhirsvc.cli.assess import UNREAD
from fhirsvc.cli.frame import REFUSED, UNUSABLE, app, known_sender, read_settings, say, told_if_unusable
from fhirsvc.settings import TENANT

if TYPE_CHECKING:
    from fhirsvc.domain.concept_map import Element, Target
    from fhirsvc.usecases.map import Mapped
    from fhirsvc.usecases.unmapped import Gap

Sender = Annotated[str, typer.Option("--sender", metavar="SENDER", help="The sending EHR; there is one so far.")]

_MOST_SHOWN = 20
_NOTE = "loinc|11506-3"
"""Progress note: a document of this type is read as a clinical note."""


@app.command()
def unmapped(
    *,
    sender: Sender = TENANT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """List what this sender sent and was not understood, the most frequent first, with the command that would map it.

    Each code or text comes with how often it stands in the records as they are now, of how many patients, since when,
    an example, and the concepts whose names are most like it. Likeness is no meaning: ask what it stands for.

    Exit codes: 0 listed; 2 called wrongly; 3 the settings, mappings or the data folder cannot be used, or there is no
    store in it.
    """
    from fhirsvc import bootstrap
    from fhirsvc.usecases.unmapped import unmapped as gaps_of

    settings = read_settings()
    with told_if_unusable(), bootstrap.desk(settings) as desk:
        gaps = gaps_of(known_sender(sender), desk.maps.of(sender), store=desk.store)
        with desk.store.reading() as transaction:
            full = transaction.misses.is_full(sender)
    told = [_told(gap, sender) for gap in gaps]
    if as_json:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _print(told)
    if full:
        say("There is more than is noted of one sender; map the most frequent, and the rest will be noted.")


@app.command(name="map")
def map_code(
    code: Annotated[str, typer.Argument(metavar="CODE-OR-TEXT", help="The sender's code; without --system a text.")],
    target: Annotated[
        str,
        typer.Argument(
            help="What it means: a concept (achilles-reflex), a word of a vocabulary (answer|absent, side|left, "
            "site|ankle), or a standard code (snomed|274818004). Not with --remove."
        ),
    ] = "",
    *,
    sender: Sender = TENANT,
    system: Annotated[
        str | None,
        typer.Option(help='The code system as the sender writes it; "" for a code that is sent without one.'),
    ] = None,
    answer: Annotated[str, typer.Option(help="The answer that the code itself holds (absent, reduced, present).")] = "",
    side: Annotated[str, typer.Option(help="The side that the code itself holds (left, right, both).")] = "",
    root: Annotated[str, typer.Option(help="The nerve root that the code itself holds (L4, L5, S1).")] = "",
    area: Annotated[str, typer.Option(help="The area that the code itself holds (a word of the vocabulary).")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check, and say who would be decided again.")] = False,
    take_away: Annotated[bool, typer.Option("--remove", help="Take the code or text out of the map.")] = False,
) -> None:
    """Say what a code or text of this sender means: it is added to its ConceptMap, and its patients are decided again.

    Map only what means the same. A code with several meanings is mapped once for each. Running services and workers
    take the change up by themselves.

    Exit codes: 0 done; 1 refused, with the reason and, for an unknown target, the closest, or nothing to remove; 2
    called wrongly; 3 the settings, mappings or the data folder cannot be used, or there is no store in it.
    """
    from fhirsvc import bootstrap
    from fhirsvc.usecases import map as mapping

    if take_away == bool(target):
        raise typer.BadParameter("name either a target or --remove")
    element = _element(code, system)
    product = {"answer": answer, "side": side, "root": root, "area": area}
    settings = read_settings()
    with told_if_unusable(), bootstrap.desk(settings) as desk, _refused():
        if take_away:
            done = mapping.remove(known_sender(sender), element, desk, dry_run=dry_run)
        else:
            done = mapping.add(known_sender(sender), element, _target(target, product), desk, dry_run=dry_run)
    if take_away and not done.changed:
        say(f"The map of {sender} does not hold it.")
        raise typer.Exit(REFUSED)
    _say_mapped(done, sender, dry_run=dry_run)


def _element(code: str, system: str | None) -> Element:
    from fhirsvc.domain.concept_map import TEXTS, Element
    from fhirsvc.domain.lexicon import normalise

    if system is None:
        return Element(system=TEXTS, code=normalise(code), targets=())
    return Element(system=system, code=code.strip(), targets=())


def _target(written: str, product: Mapping[str, str]) -> Target:
    """A target as written: CONCEPT, or SYSTEM|CODE with the short name or URI of a system, or a vocabulary's name."""
    from fhirsvc.domain.concept_map import CODE_SYSTEMS, Target
    from fhirsvc.knowledge.concept_maps import VOCABULARIES
    from fhirsvc.knowledge.terminology import code_systems

    named, _, code = written.rpartition("|")
    systems = {"": f"{CODE_SYSTEMS}/concept", **{each: f"{CODE_SYSTEMS}/{each}" for each in VOCABULARIES}}
    system = {**systems, **code_systems()}.get(named, named)
    return Target(system=system, code=code, product={name: word for name, word in product.items() if word})


@contextmanager
def _refused() -> Iterator[None]:
    """What a map cannot take ends the command with exit code 1, a folder or store that cannot be written with 3."""
    from fhirsvc.domain.errors import Unreachable
    from fhirsvc.knowledge.faults import Faulty

    try:
        yield
    except Faulty as fault:
        say(str(fault))
        raise typer.Exit(REFUSED) from None
    except OSError as fault:
        say(f"FHIRSVC_DATA_DIR: the map cannot be written: {fault.strerror}.")
        raise typer.Exit(UNUSABLE) from None
    except Unreachable as fault:
        say(f"FHIRSVC_DATA_DIR: {fault}. Try again; nothing is half done.")
        raise typer.Exit(UNUSABLE) from None


def _say_mapped(done: Mapped, sender: str, *, dry_run: bool) -> None:
    changes = "would change" if dry_run else "is changed"
    typer.echo(f"The map of {sender} {changes}." if done.changed else f"The map of {sender} says so already.")
    count = len(done.persons)
    verb = "would be" if dry_run else "is" if count == 1 else "are"
    shown = ", ".join(done.persons[:_MOST_SHOWN]) + (", …" if count > _MOST_SHOWN else "")
    typer.echo(
        f"{count} {'patient' if count == 1 else 'patients'} {verb} decided again{f': {shown}' if count else ''}."
    )


def _told(gap: Gap, sender: str) -> dict[str, Any]:
    """One thing not understood, as --json prints it and as the text is drawn from."""
    from fhirsvc.fhir.fate import TYPELESS

    tally, missed = gap.tally, gap.tally.missed
    return {
        "sender": sender,
        "why": missed.why,
        "system": missed.system,
        "code": missed.code,
        "text": missed.text,
        "count": tally.places,
        "patients": tally.persons,
        "first": _instant(tally.first),
        "last": _instant(tally.last),
        "example": {"reference": tally.example.reference, "place": tally.example.place},
        "closest": list(gap.closest),
        "map": _command(gap, sender),
        "add": TYPELESS if gap.is_document_type and not (missed.code or missed.text) else "",
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _command(gap: Gap, sender: str) -> str:
    """The command line that would map it; "" where a map could not help."""
    if not gap.named:
        return ""
    missed = gap.tally.missed
    words = ["fhirsvc", "map", gap.named, _meant(gap), *(["--system", missed.system] if missed.code else [])]
    return shlex.join([*words, *(["--sender", sender] if sender != TENANT else [])])


def _meant(gap: Gap) -> str:
    """The target to write in the command: one that works as it stands only where the names are all but the same."""
    if gap.is_document_type:
        return _NOTE
    return "answer|WORD" if gap.tally.missed.why == "unread" else gap.same or "CONCEPT"


def _print(told: list[dict[str, Any]]) -> None:
    console = Console(highlight=False, markup=False)
    for each in told:
        for line in _lines(each):
            console.print(Text(line), soft_wrap=True)
        console.print()
    if not told:
        typer.echo("Everything that was received and judged is understood.")


def _lines(told: dict[str, Any]) -> Iterator[str]:
    places, patients = told["count"], told["patients"]
    since = f"{told['first'][:10]} to {told['last'][:10]}"
    yield f"{places} × of {patients} {'patient' if patients == 1 else 'patients'}, {since}: {_called(told)}"
    yield f"    {UNREAD[told['why']]}; for example {told['example']['reference']} {told['example']['place']}".rstrip()
    if told["closest"]:
        yield f"    closest: {', '.join(told['closest'])} (by name; likeness is no meaning: ask what it stands for)"
    if told["add"]:
        yield f"    {told['add']}"
    if told["map"]:
        yield f"    {told['map']}"


def _called(told: dict[str, Any]) -> str:
    text = f'"{told["text"]}"' if told["text"] else ""
    code = f"{told['code']} of {told['system'] or 'no system'}" if told["code"] else ""
    return ", ".join(filter(None, (text, code))) or "without a name"
