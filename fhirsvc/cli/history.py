"""`fhirsvc history`: what was said of a patient and when, why it changed, and what clinicians said of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from fhirsvc.cli.assess import print_lines
from fhirsvc.cli.frame import NOBODY, app, known_sender, read_settings, say, told_if_unusable
from fhirsvc.settings import TENANT

if TYPE_CHECKING:
    from fhirsvc.usecases.history import Answer, Event, History
    from fhirsvc.usecases.ports import Judged


@app.command()
def history(
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="The id of a Patient, as in Patient/ID.")],
    *,
    sender: Annotated[str, typer.Option(metavar="SENDER", help="The EHR that sends this patient.")] = TENANT,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Tell what was said of a patient and when, why it changed, and what clinicians said of it, the oldest first.

    Of Patients that are one person all is told. It reads the store and writes nothing; the service may run meanwhile.
    What it prints is about a patient: treat it like the record.

    Exit codes: 0 told; 2 called wrongly; 3 the settings, mappings or the data folder cannot be used, or there is no
    store in it; 4 nothing is known of this patient.
    """
    from fhirsvc import bootstrap
    from fhirsvc.knowledge.load import load_protocol
    from fhirsvc.usecases.history import history as tell

    settings = read_settings()
    with told_if_unusable(), closing(bootstrap.kept_store(settings)) as store:
        found = tell(known_sender(sender), patient.removeprefix("Patient/"), store=store, protocol=load_protocol())
    if found is None:
        say("Nothing is known of this patient.")
        raise typer.Exit(NOBODY)
    told = _told(found, sender)
    if as_json:
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _print(told)


def _told(found: History, sender: str) -> dict[str, Any]:
    """The whole history, as --json prints it and as the text is drawn from."""
    return {
        "sender": sender,
        "patient": found.patient,
        "survivor": found.survivor,
        "patients": list(found.patients),
        "events": [_told_event(each) for each in found.events],
        "lastJudged": _told_judged(found.newest) if found.newest else None,
        "cautions": list(found.cautions),
    }


def _told_event(event: Event) -> dict[str, Any]:
    word = event.word
    return {
        "at": _instant(event.at),
        "patient": event.patient,
        "what": event.what,
        "impression": event.impression,
        "before": event.before,
        "state": event.state,
        "why": event.why,
        "answers": [_told_answer(each) for each in event.answers],
        "protocol": event.protocol,
        "terminology": event.terminology,
        "on": event.on.isoformat() if event.on else "",
        "by": word.who.label if word else "",
        "reason": word.why.text if word and word.why else "",
        "reasonCode": word.why.code if word and word.why else "",
        "comment": word.comment if word else "",
    }


def _told_answer(answer: Answer) -> dict[str, Any]:
    return {
        "complaint": answer.complaint,
        "side": answer.side,
        "change": answer.change,
        "outcome": answer.outcome,
        "rule": answer.rule,
        "text": answer.text,
        "reasons": list(answer.reasons),
    }


def _told_judged(judged: Judged) -> dict[str, Any]:
    return {
        "at": _instant(judged.made),
        "on": judged.on.isoformat(),
        "outcome": judged.outcome,
        "rule": judged.rule,
        "shadow": judged.shadow,
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _print(told: dict[str, Any]) -> None:
    console = Console(highlight=False, markup=False)
    print_lines(console, [f"Patient {told['patient']} of {told['sender']}"], indent=0, style="bold")
    print_lines(console, _persons(told), indent=0)
    for event in told["events"]:
        console.print()
        print_lines(console, [_title(event, many=len(told["patients"]) > 1)], indent=0, style="bold")
        print_lines(console, _below(event), indent=2)
        for answer in event["answers"]:
            print_lines(console, [answer["text"]], indent=2)
            print_lines(console, answer["reasons"], indent=4, mark="- ")
        print_lines(console, _under(event), indent=2, style="dim")
    console.print()
    print_lines(console, [*_last(told), *told["cautions"]], indent=0)


def _persons(told: dict[str, Any]) -> Iterator[str]:
    others = [each for each in told["patients"] if each != told["survivor"]]
    if others:
        same = f"Patient/{', Patient/'.join(others)}"
        yield f"One person with {same}: written for Patient/{told['survivor']}."


_TITLES = {
    "said": "said: ClinicalImpression/{impression}",
    "changed": "changed: ClinicalImpression/{impression} in place of ClinicalImpression/{before}",
    "withdrawn": "withdrawn: ClinicalImpression/{impression}",
    "merged": "moved to another Patient of the same person: ClinicalImpression/{impression}",
    "agreed": "{by} agreed with ClinicalImpression/{impression}",
    "overridden": "{by} overrode ClinicalImpression/{impression}",
}


def _title(event: dict[str, Any], *, many: bool) -> str:
    whose = f", Patient/{event['patient']}" if many else ""
    at = event["at"].replace("T", " ").replace("Z", " UTC")
    return _plain(f"{at}{whose}, {_TITLES[event['what']].format_map(event)}")


def _plain(text: str) -> str:
    """What others wrote, on one line and without what would move the cursor of a terminal."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _below(event: dict[str, Any]) -> Iterator[str]:
    """Why, before what is said: of a decision, and of a clinician's word."""
    if event["why"]:
        yield event["why"]
    if event["reason"]:
        yield _plain(f"Reason: {event['reason']}")
    if event["comment"]:
        yield _plain(event["comment"])
    if event["what"] == "overridden" and event["state"] == "current":
        yield "The Flag is silent until the decision changes."


def _under(event: dict[str, Any]) -> Iterator[str]:
    if event["protocol"]:
        told = f"{event['protocol']}, terminology {event['terminology']}, as of {event['on']}"
        yield f"{told}; {event['state']} now" if event["state"] else told


def _last(told: dict[str, Any]) -> Iterator[str]:
    """When was looked last, and with which answer; it stands whether or not that changed anything."""
    last = told["lastJudged"]
    if last is None:
        yield "Nothing was judged yet."
        return
    shadow = ", in shadow: nothing was written" if last["shadow"] else ""
    yield f"Judged last {last['at'][:16].replace('T', ' ')} UTC: {last['outcome']} ({last['rule']}){shadow}."
