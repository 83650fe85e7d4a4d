"""What all commands share: the application they belong to, their exit codes, and how faults are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import typer

from fhirsvc.settings import TENANT, Settings, Unusable, read

Built = TypeVar("Built")

REFUSED, UNUSABLE, NOBODY = 1, 3, 4

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="FHIR Bundles in, an explained ClinicalImpression out: may this heel pain come from the spine? "
    "It supports a clinician's judgement and does not replace it.",
)


def say(text: str) -> None:
    """A line on standard error."""
    typer.echo(text, err=True)


def known_sender(name: str) -> str:
    """The name of a sender; one that is not known is called wrongly, lest its emptiness look like health."""
    if name != TENANT:
        raise typer.BadParameter(f"no such sender is known; the only one is {TENANT}", param_hint="--sender")
    return name


def read_settings() -> Settings:
    """The settings of this process; faults in them end the command with their text."""
    with told_if_unusable():
        return read()


def usable(build: Callable[[Settings], Built], settings: Settings) -> Built:
    """What is built from settings, mappings/ and the data folder."""
    with told_if_unusable():
        return build(settings)


@contextmanager
def told_if_unusable() -> Iterator[None]:
    """Faults of the settings, of mappings/ and of the data folder end the command with their text."""
    from fhirsvc.knowledge.faults import Faulty

    try:
        yield
    except (Faulty, Unusable) as fault:
        say(str(fault))
        raise typer.Exit(UNUSABLE) from None
