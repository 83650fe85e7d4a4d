"""`fhirsvc check`, `sheet` and `seal`: for who writes mappings/."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import typer

from fhirsvc.cli.frame import REFUSED, app, say


@app.command()
def check() -> None:
    """Read all of mappings/ and say what is wrong, with file, line and what to do; exit code 1 if anything is."""
    from fhirsvc.knowledge.check import check as faults_of

    faults = faults_of()
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        raise typer.Exit(REFUSED)
    typer.echo("Nothing is wrong in mappings/.")


@app.command()
def sheet() -> None:
    """Draw the README.md of every protocol version anew: the page that a clinician reads and signs."""
    from fhirsvc.knowledge.sheet import draw_all

    _say_done("Drawn", _authored(draw_all))


@app.command()
def seal() -> None:
    """Freeze every protocol version that is not sealed yet: its digest is written down, and it never changes again."""
    from fhirsvc.knowledge.seal import seal_all

    _say_done("Sealed", _authored(seal_all))


def _say_done(what: str, about: Sequence[object]) -> None:
    for each in about:
        typer.echo(f"{what}: {each}")
    if not about:
        typer.echo("Nothing to do.")


def _authored(work: Callable[[Path], Sequence[object]]) -> Sequence[object]:
    """Work on mappings/; files that cannot be read as they stand are told to their author, with exit code 1."""
    from fhirsvc.knowledge.faults import Faulty
    from fhirsvc.knowledge.terminology import mappings_root

    try:
        return work(mappings_root())
    except Faulty as fault:
        say(str(fault))
        raise typer.Exit(REFUSED) from None
