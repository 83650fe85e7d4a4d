"""`fhirsvc assess`: answer for files, with every reason, as text or JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from fhirsvc.cli.frame import NOBODY, REFUSED, app, read_settings, say, usable
from fhirsvc.settings import TENANT

if TYPE_CHECKING:
    from fhirsvc.domain.assessment import Finding
    from fhirsvc.domain.errors import Issue
    from fhirsvc.domain.protocol import Protocol
    from fhirsvc.fhir.extract import Unread
    from fhirsvc.fhir.parse import ParsedBundle
    from fhirsvc.usecases.consult import Consultation
    from fhirsvc.usecases.decide import Judge


@app.command()
def assess(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", exists=True, dir_okay=False, help="FHIR R4 JSON: a Bundle or one resource."),
    ],
    *,
    on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="DATE", help="Evaluate as on this day (YYYY-MM-DD); without it, today in UTC."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Answer for the patients in these files, with every reason: no server, no database, and nothing is kept.

    All files together are one record: what they hold of one patient is answered together, patients are kept apart.

    Exit codes: 0 answered, whatever the answer; 1 a file was refused (what is wrong is printed with its place, and
    nobody is answered for); 2 the command was called wrongly; 3 the settings or mappings cannot be used; 4 the files
    name no patient.
    """
    from fhirsvc import bootstrap
    from fhirsvc.usecases.consult import consult

    now = datetime.now(UTC)
    day = on.date() if on else now.date()
    bundles = _opened(files, datetime.combine(day, time.max, UTC))
    settings = read_settings()
    judge = usable(bootstrap.judge, settings).of(TENANT)
    answers = consult(bundles, judge, day, settings.base)
    if not answers:
        say("There is no patient in these files.")
        raise typer.Exit(NOBODY)
    told = [_told(judge, each) for each in answers]
    if as_json:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _print(told)


def _opened(files: Sequence[Path], latest: datetime) -> list[ParsedBundle]:
    """Every file as a Bundle without evidence after `latest`; the faults of all are printed, and end the command."""
    from fhirsvc.domain.errors import Refused
    from fhirsvc.usecases.consult import opened

    bundles, refused = [], False
    for file in files:
        try:
            bundles.append(opened(file.read_bytes(), latest))
        except Refused as fault:
            refused = True
            _say_issues(file, fault.issues)
    if refused:
        raise typer.Exit(REFUSED)
    return bundles


def _say_issues(file: Path, issues: Iterable[Issue]) -> None:
    """One line per issue: file, severity, code, place and what is wrong, as an OperationOutcome would say it."""
    for issue in issues:
        place = f" {issue.expression}" if issue.expression else ""
        say(f"{file}: {issue.severity} {issue.code}{place}: {issue.text}")


def _told(judge: Judge, answer: Consultation) -> dict[str, Any]:
    """One patient's answer, as --json prints it and as the text is drawn from."""
    from fhirsvc.domain import wording

    assessment, protocol = answer.assessment, judge.protocol
    return {
        "patient": answer.patient,
        "outcome": assessment.strongest,
        "notApplicable": assessment.not_applicable,
        "headlines": wording.headlines(protocol, assessment),
        "findings": [_told_finding(protocol, each, assessment.on) for each in assessment.findings],
        "notes": wording.patient_notes(protocol, assessment),
        "setAside": wording.set_aside(protocol, assessment),
        "notUnderstood": [_not_understood(each) for each in answer.extraction.unread],
        "protocol": assessment.protocol,
        "on": assessment.on.isoformat(),
        "cautions": wording.cautions(protocol, assessment),
    }


def _not_understood(unread: Unread) -> str:
    """One thing that was sent and not understood: where it stands, what the sender called it, and why it was not."""
    place = f" {unread.place}" if unread.place else ""
    called = f' "{unread.display}"' if unread.display else ""
    return f"{unread.reference}{place}{called}: {UNREAD[unread.why]}"


def _told_finding(protocol: Protocol, finding: Finding, on: date) -> dict[str, Any]:
    from fhirsvc.domain import wording

    return {
        "complaint": finding.complaint or "",
        "side": finding.side or "",
        "outcome": finding.outcome,
        "rule": finding.rule,
        "strength": finding.strength,
        "headline": wording.headline(finding),
        "text": finding.text,
        "because": wording.rule_line(finding),
        "reasons": wording.reasons(protocol, finding, on),
        "excluded": wording.exclusions(protocol, finding, on),
        "notRecorded": wording.not_recorded(protocol, finding),
        "next": wording.next_to_record(protocol, finding),
        "notes": wording.notes(protocol, finding, on),
    }


SECTIONS = {
    "reasons": "Reasons",
    "excluded": "Excluded",
    "notRecorded": "Not recorded",
    "next": "Next to record",
    "notes": "Notes",
}
UNREAD = {
    "unmapped": "no concept is known for it",
    "unread": "its value, text or format cannot be read",
    "needs-site": "it says something only with a body site",
    "corroborate": "this code never decides alone",
}
WHOLE_PATIENT = {"setAside": "Set aside", "notes": "Also noted", "notUnderstood": "Not understood"}


def _print(answers: Iterable[dict[str, Any]]) -> None:
    """The answers for a reader: patient, then finding by finding, then what concerns the whole patient."""
    console = Console(highlight=False, markup=False)
    for answer in answers:
        console.print(Text(f"Patient {answer['patient']}", style="bold"))
        for finding in answer["findings"]:
            _print_finding(console, finding)
        if not answer["findings"]:
            print_lines(console, answer["headlines"], indent=2)
        _print_sections(console, answer, WHOLE_PATIENT)
        print_lines(console, [f"{answer['protocol']}, on {answer['on']}", *answer["cautions"]], indent=2, style="dim")
        console.print()


def _print_finding(console: Console, finding: dict[str, Any]) -> None:
    print_lines(console, [finding["headline"]], indent=2, style="bold")
    print_lines(console, [finding["text"], finding["because"]], indent=4)
    _print_sections(console, finding, SECTIONS)


def _print_sections(console: Console, told: dict[str, Any], sections: dict[str, str]) -> None:
    """Each list under its title; a line that stands in an earlier list is not said again."""
    said: set[str] = set()
    for name, title in sections.items():
        lines = [line for line in told[name] if line not in said]
        said.update(lines)
        if lines:
            print_lines(console, [f"{title}:"], indent=4)
            print_lines(console, lines, indent=6, mark="- ")


def print_lines(console: Console, lines: Iterable[str], *, indent: int, mark: str = "", style: str = "") -> None:
    """Lines wrapped to the width of the terminal, what follows under what began."""
    for line in lines:
        first, rest = " " * indent + mark, " " * (indent + len(mark))
        wrapped = textwrap.fill(
            line,
            console.width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        console.print(Text(wrapped, style=style), soft_wrap=True)
