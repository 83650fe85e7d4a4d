"""The 33 report sentences of RULES section 5, and what each must yield: findings, and statements that are evidence."""

from __future__ import annotations

from dataclasses import dataclass

from fhirsvc.domain.evidence import Presence, Side
from fhirsvc.fhir.notes import Report, Study
from fhirsvc.fhir.notes.statement import Finding, Statement, Touch

SPINE = Study(kind="MR", region="lumbar")
PLAIN_FILM = Study(kind="XR", region="lumbar")
ANKLE = Study(kind="MR", region="ankle")
SOUND = Study(kind="US", region="ankle")
NERVES = Study(kind="EMG")


@dataclass(frozen=True, slots=True)
class Reference:
    """One sentence with its number; findings and statements as `finding_line` and `statement_line` write them."""

    number: int
    text: str
    findings: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    study: Study = SPINE


def finding_line(found: Finding) -> str:
    """One finding as a line: name, level, side, certainty, neural contact, roots, and whether it is limited."""
    negated = found.presence is Presence.ABSENT
    words = [
        found.kind,
        found.level,
        "midline" if found.central else _side(found.side),
        "negated" if negated else str(found.certainty),
        f"contact-{found.touch}" if found.touch is not Touch.NOT_APPLICABLE else "",
        *found.roots,
        "limited" if found.limited else "",
    ]
    return " ".join(word for word in words if word)


def statement_line(said: Statement) -> str:
    """One statement as a line: what of, presence, root, side, and the certainty where it is not affirmed."""
    certainty = str(said.certainty) if said.certainty != "affirmed" else ""
    words = [said.concept, str(said.presence), said.root or "", _side(said.side), certainty]
    return " ".join(word for word in words if word)


def lines(report: Report) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Findings and statements of a report, each in alphabetical order."""
    found = sorted(finding_line(each) for each in report.findings)
    return tuple(found), tuple(sorted({statement_line(each) for each in report.statements}))


def _side(side: Side) -> str:
    return "" if side is Side.UNKNOWN else str(side)


UNCLEAR = "nerve-root-contact unknown"
REFERENCES = (
    Reference(
        1,
        "L5-S1: left paracentral protrusion contacting and mildly displacing the descending left S1 root.",
        ("protrusion L5-S1 left affirmed contact-yes S1",),
        ("nerve-root-contact present S1 left",),
    ),
    Reference(
        2, "Broad-based disc bulge at L4-L5 without neural contact.", ("bulge L4-L5 affirmed contact-no",), (UNCLEAR,)
    ),
    Reference(
        3,
        "No evidence of nerve root compression at any level.",
        ("root-compression negated contact-no",),
        ("nerve-root-contact absent",),
    ),
    Reference(
        4,
        "Contact with the right S1 root cannot be excluded on this study.",
        ("root-contact right uncertain contact-unknown S1",),
        ("nerve-root-contact present S1 right uncertain",),
    ),
    Reference(
        5,
        "Previously seen left L5-S1 extrusion has resolved.",
        ("extrusion L5-S1 left historical contact-no",),
        (UNCLEAR,),
    ),
    Reference(
        6,
        "Status post left L5-S1 microdiscectomy 2018. No recurrent herniation. "
        "Enhancing scar surrounds the left S1 root.",
        (
            "epidural-scar left affirmed contact-yes S1",
            "post-operative-change L5-S1 left historical contact-no",
            "recurrent-herniation negated contact-unknown",
        ),
        ("nerve-root-contact present S1 left uncertain",),
    ),
    Reference(7, "Family history of lumbar disc disease."),
    Reference(8, "Indication: left sciatica, rule out S1 compression."),
    Reference(
        9,
        "Right foraminal stenosis at L5-S1 flattening the exiting right L5 root.",
        ("foraminal-stenosis L5-S1 right affirmed contact-yes L5",),
        ("nerve-root-contact present L5 right",),
    ),
    Reference(
        10,
        "Left lateral recess narrowing at L5-S1 abutting the traversing S1 root.",
        ("lateral-recess-stenosis L5-S1 left affirmed contact-yes S1",),
        ("nerve-root-contact present S1 left",),
    ),
    Reference(
        11,
        "Central protrusion at L5-S1 indents the thecal sac but does not reach the S1 roots.",
        ("protrusion L5-S1 midline affirmed contact-no",),
        ("nerve-root-contact unknown S1 both",),
    ),
    Reference(
        12,
        "L4-L5 left extrusion compresses the traversing left L5 root; both S1 roots are clear.",
        ("extrusion L4-L5 left affirmed contact-yes L5", "root-contact L4-L5 both negated contact-no S1 limited"),
        ("nerve-root-contact absent S1 both", "nerve-root-contact present L5 left"),
    ),
    Reference(
        13,
        "Probable contact with the left S1 root; correlate clinically.",
        ("root-contact left uncertain contact-unknown S1",),
        ("nerve-root-contact present S1 left uncertain",),
    ),
    Reference(
        14,
        "Mild facet arthropathy; the neural foramina are widely patent.",
        ("facet-arthropathy affirmed contact-unknown", "foraminal-stenosis both negated contact-no"),
        (UNCLEAR,),
    ),
    Reference(
        15,
        'Transitional anatomy; numbering assumes a lumbarised S1. Protrusion at "L5-S1" contacts the left S1 root.',
        ("protrusion L5-S1 left affirmed contact-yes S1 limited",),
        ("nerve-root-contact present S1 left uncertain",),
    ),
    Reference(
        16,
        "Disc desiccation at L5-S1, in keeping with age.",
        ("desiccation L5-S1 affirmed contact-unknown",),
        (UNCLEAR,),
    ),
    Reference(
        17,
        "Severe canal stenosis at L4-L5 with crowding of the cauda equina.",
        ("canal-stenosis L4-L5 affirmed contact-unknown", "cauda-equina-crowding L4-L5 affirmed contact-unknown"),
        (UNCLEAR,),
    ),
    Reference(
        18,
        "Compared with 2022, left S1 root compression is no longer seen.",
        ("root-compression left negated contact-no S1 limited",),
        ("nerve-root-contact absent S1 left",),
    ),
    Reference(
        19,
        "Right S1 radiculopathy suspected clinically; MRI shows no correlate.",
        (),
        ("nerve-root-contact absent S1 right",),
    ),
    Reference(
        20,
        "Left S1 perineural cyst, 12 mm, incidental.",
        ("perineural-cyst left affirmed contact-unknown S1",),
        (UNCLEAR,),
    ),
    Reference(
        21,
        "Grade 1 isthmic spondylolisthesis L5 on S1; bilateral foraminal narrowing compresses both L5 roots.",
        (
            "foraminal-stenosis L5-S1 both affirmed contact-yes L5",
            "spondylolisthesis L5-S1 affirmed contact-unknown",
        ),
        ("nerve-root-contact present L5 both",),
    ),
    Reference(
        22,
        "Radiograph lumbar spine: loss of disc height at L5-S1.",
        ("disc-height-loss L5-S1 affirmed contact-unknown",),
        (UNCLEAR,),
        PLAIN_FILM,
    ),
    Reference(
        23,
        "MRI ankle: fusiform thickening of the right Achilles, no tear.",
        ("achilles-tear ankle right negated", "achilles-thickening ankle right affirmed"),
        ("achilles-swelling present right",),
        ANKLE,
    ),
    Reference(
        24,
        "Ultrasound: left plantar fascia 6.2 mm and hypoechoic at its origin.",
        ("plantar-fascia-thickening heel left affirmed",),
        ("plantar-fascia-thickening present left",),
        SOUND,
    ),
    Reference(
        25,
        "EMG: denervation in left gastrocnemius and low paraspinals, consistent with left S1 radiculopathy.",
        ("denervation-emg left affirmed", "radiculopathy-emg left affirmed S1"),
        ("emg-root-lesion present S1 left",),
        NERVES,
    ),
    Reference(
        26,
        "Moderate right subarticular stenosis at L5-S1 without definite root impingement.",
        ("lateral-recess-stenosis L5-S1 right affirmed contact-no",),
        ("nerve-root-contact unknown right",),
    ),
    Reference(
        27,
        "The herniation contacts the S1 nerve root.",
        ("herniation affirmed contact-yes S1",),
        ("nerve-root-contact present S1",),
    ),
    Reference(
        28,
        "Left greater than right S1 root contact at L5-S1.",
        ("root-contact L5-S1 both affirmed contact-yes S1",),
        ("nerve-root-contact present S1 both",),
    ),
    Reference(
        29,
        "L S1 n. root swollen, displaced post. by 8 mm extrusion L5/S1.",
        ("extrusion L5-S1 left affirmed contact-yes S1",),
        ("nerve-root-contact present S1 left",),
    ),
    Reference(30, "If symptoms progress, S1 compression should be reconsidered."),
    Reference(
        31,
        "ADDENDUM: side corrected. The protrusion is LEFT paracentral, not right, and contacts the left S1 root.",
        ("protrusion left affirmed contact-yes S1",),
        ("nerve-root-contact present S1 left",),
    ),
    Reference(
        32,
        "Neither S1 root is compressed.",
        ("root-compression both negated contact-no S1 limited",),
        ("nerve-root-contact absent S1 both",),
    ),
    Reference(
        33,
        "Known right S1 compression; today: unchanged.",
        ("root-compression right affirmed contact-yes S1",),
        ("nerve-root-contact present S1 right",),
    ),
)
