"""A sentence of a lumbar imaging report as findings: each lesion with its level, its side and what it touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fhirsvc.domain.evidence import Certainty, Presence, Side
from fhirsvc.fhir.notes.cues import first_of
from fhirsvc.fhir.notes.heads import BESIDE, Head, Heads
from fhirsvc.fhir.notes.lumbar import Contact, Lumbar
from fhirsvc.fhir.notes.roots import RootPhrase
from fhirsvc.fhir.notes.scope import Denied, Standing
from fhirsvc.fhir.notes.statement import Finding, Touch
from fhirsvc.fhir.notes.words import Mention

_COLUMN = frozenset("LS")
_CAUSES = (["by"], ["from"], ["between"], ["due", "to"], ["secondary", "to"], ["because", "of"])
_JOINTS = frozenset({",", "and", "&", "with"})
_SPEAKING = frozenset({"lesion", "narrow", "open", "contact", "root"})
_SPINAL = frozenset({"level", "segment", "root", "sac", "passage"})
_SPINE = frozenset({("lesion", "disc"), ("region", "lumbar"), ("lesion", "spondylolisthesis"), ("space", "canal")})
_OF_ROOTS = frozenset({"root-compression", "root-contact"})
_BARE = frozenset({"negation", "hedge", "sac", "root", "grammar"})
_NEAR = 2
_DOUBTED = "?"


def read_lesions(lumbar: Lumbar, earlier: tuple[str, ...], *, spinal: bool) -> list[Finding]:
    """Findings of a sentence; [] = it names none, or speaks of another part of the spine.

    earlier: levels of the sentence before, for one that goes on ("This disc ..."). spinal: the study is of the lumbar
    spine; of another, or an unknown one, a sentence must name a part of the spine.
    """
    mentions = lumbar.scope.sentence.mentions
    speaks = not _SPEAKING.isdisjoint(mention.kind for mention in mentions)
    placed = spinal or any((m.kind, m.word) in _SPINE or m.kind in _SPINAL for m in mentions)
    placed = placed or bool(lumbar.scope.sentence.under)
    return list(_Lesions(lumbar, earlier).findings()) if speaks and placed and _is_lumbar(lumbar) else []


def _is_lumbar(lumbar: Lumbar) -> bool:
    """Is a lumbar level or root named, or none at all?"""
    named = [mention.word for mention in lumbar.scope.sentence.mentions if mention.kind in {"level", "segment"}]
    elsewhere = bool(lumbar.scope.cues("region", "other")) and not lumbar.scope.cues("region", "lumbar")
    return any(not _COLUMN.isdisjoint(name) for name in named) or not (named or elsewhere)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Touched:
    """What one Contact says of the lesion that acts."""

    touch: Touch
    side: Side | None = None
    roots: tuple[str, ...] = ()
    sac: bool = False


class _Lesions:
    def __init__(self, lumbar: Lumbar, earlier: tuple[str, ...]) -> None:
        self._lumbar = lumbar
        self._scope = lumbar.scope
        self._sentence = lumbar.scope.sentence
        self._heads = Heads(lumbar.scope, lumbar.naming, lumbar.roots, earlier)
        self._found = {head: found for head in self._heads.heads if (found := self._lesion(head))}
        self._touched: dict[Head, list[_Touched]] = {}
        self._own: list[Finding] = []

    def findings(self) -> Iterator[Finding]:
        """Each lesion once for every level and side, then the contacts that no lesion of the sentence causes."""
        for contact in self._lumbar.contacts:
            standing = self._lumbar.standing(contact)
            if not standing.supposed:
                self._attach(contact, standing)
        self._surround()
        self._spread()
        self._own += self._wordless()
        for head, found in self._found.items():
            if head.kind != "context":
                yield from self._at_levels(self._touching(found, self._touched.get(head, [])), head.first, head.after)
        yield from (found for found in self._own if not self._is_weaker(found))

    def _is_weaker(self, denial: Finding) -> bool:
        """ "Abuts but does not displace the root": the root is touched, whatever is denied beside it."""
        if denial.presence is not Presence.ABSENT or denial.kind not in _OF_ROOTS:
            return False
        touching = [found for found in self._own if found.touch is Touch.YES]
        return any(found.roots == denial.roots and found.side is denial.side for found in touching)

    def _lesion(self, head: Head) -> Finding | None:
        """The lesion as it is stated; None where that is left open, or it is only supposed."""
        side = self._heads.side(head)
        central = side is None and self._heads.is_central(head)
        reached = self._heads.reached(head) if side is None and not central else None
        standing = self._scope.standing(head.first, head.after, verb=head.verb, named=side is not None)
        if standing.supposed or self._is_asked(head):
            return None
        if standing.denied is not Denied.NO and self._is_begun(head):
            standing = replace(standing, denied=Denied.NO)
        if standing.denied is Denied.UNSURE:
            return None
        presence, certainty = _stated(standing)
        if presence is Presence.ABSENT and self._is_past(head):
            presence, certainty = Presence.PRESENT, Certainty.HISTORICAL
        if head.open or (head.bare and presence is Presence.ABSENT):
            if presence is Presence.ABSENT or certainty is not Certainty.AFFIRMED:
                return None
            presence = Presence.ABSENT
        beside, roots = self._root_of(head)
        return Finding(
            kind=head.kind,
            sentence=self._sentence,
            presence=presence,
            certainty=certainty,
            side=side or reached or beside or Side.UNKNOWN,
            roots=roots,
            central=central,
            touch=Touch.NO if head.open or certainty is Certainty.HISTORICAL else Touch.UNKNOWN,
        )

    def _root_of(self, head: Head) -> tuple[Side | None, tuple[str, ...]]:
        """The side and name of the root that a cyst is of; no other lesion is named by a root."""
        if head.kind != "perineural-cyst":
            return None, ()
        phrase = self._lumbar.naming.phrase(Mention("lesion", head.kind, head.first, head.after))
        sides = {side for _, side in phrase.named} or {phrase.side}
        return (sides.pop() if len(sides) == 1 else None), tuple(sorted({name for name, _ in phrase.named}))

    def _is_begun(self, head: Head) -> bool:
        """ "No herniation, and moderate narrowing": a size behind a joint that is no "or" begins a new statement."""
        denials = [cue for cue in self._scope.cues("negation") if cue.first < head.first]
        denial = denials[-1] if denials else None
        _, end = self._scope.clause(head.verb)
        if denial is None or first_of(self._scope.cues("grammar", "or"), denial.after, end):
            return False
        joints = [at for at in range(denial.after, head.first) if self._scope.texts(at, at + 1)[0] in _JOINTS]
        return bool(joints) and first_of(self._scope.cues("size"), joints[-1] + 1, head.first) is not None

    def _is_past(self, head: Head) -> bool:
        """ "Has resolved" says that it was there; "no longer seen" only that it is not."""
        begin, end = self._scope.clause(head.first)
        ended = [cue for cue in self._scope.cues("ended") if begin <= cue.first < end]
        return any("no" not in self._scope.texts(cue.first, cue.after) for cue in ended)

    def _is_asked(self, head: Head) -> bool:
        """ "? sequestrated disc" asks."""
        return _DOUBTED in self._scope.texts(head.first - 1, head.first)

    def _at_levels(self, found: Finding, first: int, after: int) -> Iterator[Finding]:
        for level in self._heads.levels(first, after) or ("",):
            yield replace(found, level=level)

    def _attach(self, contact: Contact, standing: Standing) -> None:
        if contact.word == "crowd":
            self._own += self._crowded(contact, standing)
        elif contact.roots and contact.word != "surround":
            for root in contact.roots:
                self._attach_root(contact, root, standing)
        elif contact.word == "surround" and contact.roots:
            self._attach_root(contact, contact.roots[0], standing)
        elif contact.word == "contact":
            self._attach_rest(contact, standing)

    def _crowded(self, contact: Contact, standing: Standing) -> Iterator[Finding]:
        """Crowding is of the roots of the cauda equina; it is no contact with one of them."""
        if standing.denied is Denied.UNSURE:
            return
        presence, certainty = _stated(standing)
        kind = "cauda-equina-crowding"
        found = Finding(kind=kind, sentence=self._sentence, presence=presence, certainty=certainty)
        yield from self._at_levels(found, contact.first, contact.after)

    def _attach_root(self, contact: Contact, root: RootPhrase, standing: Standing) -> None:
        denied = standing.denied
        if contact.word == "clear":
            normal = first_of(self._scope.cues("open", "normal"), contact.first, contact.after)
            if denied is not Denied.NO or standing.uncertain or not root.named or normal is not None:
                return
            denied = Denied.YES
        if denied is Denied.UNSURE or (denied is Denied.YES and standing.uncertain):
            return
        subject = self._subject(contact, denied=denied is Denied.YES)
        doubtful = standing.uncertain or contact.doubtful or root.doubtful
        if denied is Denied.YES and self._is_excepted(contact):
            return
        if denied is Denied.YES:
            self._deny(contact, root, subject, limited=self._is_limited(contact, root))
        elif doubtful or standing.historical:
            certainty = Certainty.UNCERTAIN if doubtful else Certainty.HISTORICAL
            self._own += self._of_roots(contact, root, certainty=certainty, touch=Touch.UNKNOWN)
        elif subject is None or subject.kind in BESIDE:
            self._own += self._of_roots(contact, root, touch=Touch.YES)
        elif subject.kind != "perineural-cyst" and (contact.word != "surround" or subject.kind == "epidural-scar"):
            for side, names in self._sided(contact, root):
                said = _Touched(touch=Touch.YES, side=side, roots=names)
                self._touched.setdefault(subject, []).append(said)

    def _is_excepted(self, contact: Contact) -> bool:
        """ "No root compression apart from the left at L5-S1": what is said behind is the exception, not denied."""
        _, end = self._scope.part(contact.first)
        return first_of(self._scope.cues("exception"), contact.after, end) is not None

    def _is_limited(self, contact: Contact, root: RootPhrase) -> bool:
        return bool(root.named) or self._lumbar.is_limited(contact.first, hedged=False)

    def _deny(self, contact: Contact, root: RootPhrase, subject: Head | None, *, limited: bool) -> None:
        if subject is not None and self._found[subject].presence is Presence.PRESENT and contact.word != "clear":
            self._touched.setdefault(subject, []).append(_Touched(touch=Touch.NO))
            return
        for found in self._of_roots(contact, root, touch=Touch.NO):
            self._own.append(replace(found, presence=Presence.ABSENT, limited=limited))

    def _of_roots(
        self, contact: Contact, root: RootPhrase, *, touch: Touch, certainty: Certainty = Certainty.AFFIRMED
    ) -> Iterator[Finding]:
        """A contact as a finding of its own, one for each side with its roots, at each level."""
        for side, names in self._sided(contact, root):
            found = Finding(
                kind=self._kind(contact),
                sentence=self._sentence,
                certainty=certainty,
                side=side,
                roots=names,
                touch=touch,
            )
            first = min(contact.first, root.first)
            if root.levels and not names:
                yield from (replace(found, level=level) for level in root.levels)
            else:
                yield from self._at_levels(found, first, max(contact.after, root.after))

    def _sided(self, contact: Contact, root: RootPhrase) -> Iterator[tuple[Side, tuple[str, ...]]]:
        """The roots of a phrase by side; where they are not named, both sides if it is more of them on one."""
        if not root.named:
            side = self._lumbar.side(contact, root, root.side)
            more = root.many and root.side is None and self._is_more_on_one(contact)
            yield (Side.BOTH if more else side), ()
            return
        by_side: dict[Side, list[str]] = {}
        for name, own in root.named:
            by_side.setdefault(self._lumbar.side(contact, root, own), []).append(name)
        yield from ((side, tuple(sorted(names))) for side, names in by_side.items())

    def _is_more_on_one(self, contact: Contact) -> bool:
        return any(
            contact.after <= cue.first and any(0 < side.first - cue.after <= _NEAR for side in self._scope.cues("side"))
            for cue in self._scope.cues("more")
        )

    def _kind(self, contact: Contact) -> str:
        pressing = first_of(self._scope.cues("pressing"), contact.first, contact.after)
        return "root-compression" if pressing else "root-contact"

    def _attach_rest(self, contact: Contact, standing: Standing) -> None:
        """Contact with the sac or a passage, no root."""
        sacs = [mention for mention in contact.objects if mention.kind == "sac" and mention.word == "sac"]
        cords = {cord.first for cord in self._scope.cues("cord")}
        sacs = [mention for mention in sacs if mention.first not in cords]
        named = {at for head in self._heads.heads for at in head.words}
        passages = [mention for mention in contact.objects if mention.kind == "passage" and mention.first not in named]
        subject = self._subject(contact)
        if standing.denied is Denied.UNSURE or not (sacs or passages):
            return
        denied = standing.denied is Denied.YES
        if subject is None:
            if sacs and not passages and contact.word == "contact":
                self._own += self._of_sac(contact, standing, denied=denied)
        elif not denied:
            touch = Touch.UNKNOWN if passages or standing.uncertain else Touch.NO
            self._touched.setdefault(subject, []).append(_Touched(touch=touch, sac=bool(sacs) and not passages))

    def _of_sac(self, contact: Contact, standing: Standing, *, denied: bool) -> Iterator[Finding]:
        certainty = Certainty.UNCERTAIN if standing.uncertain else Certainty.AFFIRMED
        found = Finding(
            kind="thecal-sac-compression",
            sentence=self._sentence,
            presence=Presence.ABSENT if denied else Presence.PRESENT,
            certainty=Certainty.HISTORICAL if standing.historical and not denied else certainty,
            touch=Touch.NO,
            sac_only=not denied,
        )
        yield from self._at_levels(found, contact.first, contact.after)

    def _surround(self) -> None:
        """ "Scar around the root" touches it, though no word of contact says so."""
        told = {contact.first for contact in self._lumbar.contacts}
        for scar in (head for head in self._found if head.kind == "epidural-scar" and head not in self._touched):
            for root in self._lumbar.roots:
                between = [cue for cue in self._scope.cues("around") if scar.after <= cue.first < root.first]
                between = [cue for cue in between if cue.first not in told]
                if between and self._scope.part(scar.first) == self._scope.part(root.first):
                    named = root.named or (("", root.side),)
                    for side in dict.fromkeys(side for _, side in named):
                        names = tuple(name for name, own in named if name and own is side)
                        said = _Touched(touch=Touch.YES, side=side, roots=names)
                        self._touched.setdefault(scar, []).append(said)

    def _wordless(self) -> Iterator[Finding]:
        """ "No significant thecal sac or nerve roots.": what is denied of them was left out."""
        covered = {at for m in self._sentence.mentions if m.kind in _BARE for at in range(m.first, m.after)}
        texts = self._scope.texts(0, len(self._sentence.words))
        denied = texts[:1] == ["no"] and bool(self._lumbar.roots) and not self._scope.cues("contact")
        if denied and all(at in covered or text == "." for at, text in enumerate(texts)):
            kind = "root-compression"
            yield Finding(kind=kind, sentence=self._sentence, presence=Presence.ABSENT, touch=Touch.NO)

    def _subject(self, contact: Contact, *, denied: bool = False) -> Head | None:
        """The lesion that acts: the last one named before it in its part, else the one named as the cause behind it."""
        begin, end = self._scope.part(contact.first)
        names = [head for head in self._found if contact.first not in head.words]
        before = [head for head in names if begin <= head.first and head.after <= contact.first]
        before = [head for head in before if not self._is_denied_alone(head)]
        before = [head for head in before if not head.verbal] or before
        before = [head for head in before if head.kind not in BESIDE] or before
        if before and (denied or not self._is_new(before[-1], contact)):
            return before[-1]
        behind = [head for head in names if contact.after <= head.first < end]
        return next((head for head in behind if self._is_cause(contact.after, head.first)), None)

    def _is_denied_alone(self, head: Head) -> bool:
        return self._found[head].presence is Presence.ABSENT

    def _is_new(self, head: Head, contact: Contact) -> bool:
        """Does the contact begin a statement of its own ("..., and the root is compressed")?"""
        roots = [root.first for root in contact.roots if head.after <= root.first < contact.first]
        if not roots:
            return False
        turned = any(cue.first < min(roots) <= cue.after for cue in self._scope.cues("turn"))
        return turned or self._scope.texts(min(roots) - 1, min(roots)) in (["and"], ["&"])

    def _is_cause(self, first: int, head: int) -> bool:
        between = self._scope.texts(first, head)
        return any(between[at : at + len(cause)] == cause for cause in _CAUSES for at in range(len(between)))

    def _spread(self) -> None:
        """ "... but the roots are not touched" is said of every lesion of its level named before."""
        denied = [head for head, touched in self._touched.items() if {each.touch for each in touched} == {Touch.NO}]
        for head in denied:
            if any(each.sac for each in self._touched[head]):
                continue
            for other, found in self._found.items():
                same = self._heads.levels(other.first, other.after) == self._heads.levels(head.first, head.after)
                before = other.first < head.first and other not in self._touched
                if before and found.presence is Presence.PRESENT and same:
                    self._touched[other] = [_Touched(touch=Touch.NO)]

    @staticmethod
    def _touching(found: Finding, touched: Sequence[_Touched]) -> Finding:
        """A lesion with what its contacts say: a root touched before a passage narrowed before a denial."""
        if found.presence is Presence.ABSENT or not touched:
            return found
        yes = [each for each in touched if each.touch is Touch.YES]
        if yes:
            roots = tuple(sorted({name for each in yes for name in each.roots}))
            sides = {each.side or Side.UNKNOWN for each in yes}
            side = sides.pop() if len(sides) == 1 else _together(sides)
            return replace(found, touch=Touch.YES, roots=roots, side=side, central=False)
        if any(each.touch is Touch.UNKNOWN for each in touched):
            return replace(found, touch=Touch.UNKNOWN)
        return replace(found, touch=Touch.NO, sac_only=all(each.sac for each in touched))


def _stated(standing: Standing) -> tuple[Presence, Certainty]:
    if standing.denied is Denied.YES:
        return Presence.ABSENT, Certainty.UNCERTAIN if standing.uncertain else Certainty.AFFIRMED
    if standing.historical:
        return Presence.PRESENT, Certainty.HISTORICAL
    return Presence.PRESENT, Certainty.UNCERTAIN if standing.uncertain else Certainty.AFFIRMED


def _together(sides: set[Side]) -> Side:
    return Side.BOTH if {Side.LEFT, Side.RIGHT} <= sides or Side.BOTH in sides else Side.UNKNOWN
