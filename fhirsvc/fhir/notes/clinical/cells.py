"""Answer cells of forms in a note: where a line is a label with an answer or a box, the answer decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

_NO = r"no|n|nope|none|nil|false|0|never|not present|absent|negative|neg|-ve|(?:(?:patient|pt) )?denie[sd]"
_YES = r"yes|y|true|1|x|[✓✔☑☒]|present|positive|pos|\+ve"
_OPEN = (
    r"n/a|na|n\.a\.?|not (?:\w+ )?(?:applicable|assessed|asked|tested|examined|done|known|recorded|documented|discussed"
    r"|checked|obtained|completed|performed|elicited|stated|available|sure|clear|answered)|unknown|unsure|unclear"
    r"|unable to \w+|see \w+|deferred|declined|refused|pending|tbc|tba|yes ?/ ?no|y ?/ ?n|no ?/ ?yes|n ?/ ?y|☐"
    r"|[ac-kmo-qs-z]|[-_?.*…]+"
)
_ANSWER = rf"[\[(<\"'|]?[ ]*(?P<word>{_NO}|{_YES}|{_OPEN})[ ]*[\])>\"']?"
_CHOICE = r"(?:[\[(] ?(?:y|yes|t) ?/ ?(?:n|no|f) ?[\])]|(?<= )(?:y/n|yes/no))"
_ITEM = re.compile(
    r"(?P<label>[^\s:=|\[\]][^:=|\t\n\[\]]{1,120}?)(?<=\S)[ ]*"
    rf"(?P<choice>{_CHOICE})?"
    r"(?P<mark>(?:[:=|?\t…]|\.{3}|_{2}|(?<=[ ]{2})|(?<=[ ])-+[ ]|(?=\[))[ \t:=|?._…-]{0,120})"
    rf"(?:{_ANSWER})(?=[ ]*(?:$|[.;,|]|\t|[ ]{{2}}))",
    re.IGNORECASE,
)
_BLANK = re.compile(
    rf"(?P<label>[^\s:=|][^:=|\t]*?)(?<=\S)[ ]*(?P<choice>{_CHOICE})?[ ]*(?:[:=|]|\.{{4,}}|_{{2,}})\W*", re.IGNORECASE
)
_BARE = re.compile(rf"\W*(?P<word>{_NO}|{_YES}|{_OPEN})\W*", re.IGNORECASE)
_CHOSEN = re.compile(rf"(?P<label>[^\s:=|][^:=|]*?)(?<=\S)[ ]*{_CHOICE}[ ]*[:=|]?[ ]*(?P<rest>.*)", re.IGNORECASE)
_SPLIT = re.compile(r"(?P<label>[^\s:=|][^:=|]*?)(?<=\S)[ ]*[:=][ ]*(?P<word>N|\[N\]|n/a|N/A)(?=[ ]*(?:$|[-.,;(]))")
_TRAILING = re.compile(r"(?P<label>[^\s:=|.;,][^:=|.;,]*?) (?P<word>N|No|NO|Y|Yes|YES)\.?[ ]*")
_BOX = re.compile(r"[☐☒☑✓✔]|\[\s*[x✓✔_]?\s*\]|\[\s*(?:y|yes|n|no)\s*\]|\(\s*[x✓✔]?\s*\)", re.IGNORECASE)
_OPTION_LAST = re.compile(r"\b(?:yes|no|y|n)\W*$", re.IGNORECASE)
"""An option before its box ("yes [x] no [ ]"): which box is whose cannot be told."""
_HEADING = re.compile(r"[^:=|\n]{2,40}:[ ]+(?=\S)")
_BULLETS = re.compile(r"[\s|>*#+•·-]*(?:\d{1,2}[.)][ ]+)?")
_BETWEEN = re.compile(r"[\s.;,|]*")
_LETTER = re.compile(r"[^\W\d_]")
_WORDS = frozenset(
    {"no", "none", "nil", "nope", "never", "absent", "negative", "neg", "-ve", "denied", "denies"}
    | {"yes", "present", "positive", "pos", "+ve"}
)
_LONGEST = 200
"""Characters of the longest line that is a form; a longer one is prose."""
_LABEL_WORDS = 6
_PROSE = 3
"""Words of a line that follows a blank cell and is the prose of a heading, not an answer."""


class Answer(Enum):
    """What a cell answers; OPEN: nothing, or nothing that can be understood."""

    YES = "yes"
    NO = "no"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A label at [first, after) and its answer, all of it within [start, end), in code points of the text."""

    start: int
    first: int
    after: int
    end: int
    answer: Answer


def cells_of(text: str) -> list[Cell]:
    """The labels of a text that have an answer cell or a box, in the order of the text."""
    lines = list(re.finditer(r"[^\n]+", text))
    found: list[Cell] = []
    for index, line in enumerate(lines):
        if len(line[0]) > _LONGEST or not _LETTER.search(line[0]):
            continue
        following = lines[index + 1 : index + 3]
        found += _boxes(line) or _items(line) or _single(line) or _below(line, following, text)
    return found


def labels_alone(text: str, cells: Sequence[Cell]) -> str:
    """The text with its answers and boxes blanked and each label closed by a full stop; offsets stay."""
    signs = list(text)
    for cell in cells:
        signs[cell.start : cell.first] = " " * (cell.first - cell.start)
        if cell.end > cell.after:
            signs[cell.after : cell.end] = "." + " " * (cell.end - cell.after - 1)
    return "".join(signs)


def _answer(word: str) -> Answer:
    word = word.strip().strip("[]()").strip()
    if re.fullmatch(_NO, word, re.IGNORECASE):
        return Answer.NO
    return Answer.YES if re.fullmatch(_YES, word, re.IGNORECASE) else Answer.OPEN


def _cell(line: re.Match[str], first: int, after: int, end: int, answer: Answer, start: int | None = None) -> Cell:
    base = line.start()
    begun = first if start is None else start
    return Cell(start=base + begun, first=base + first, after=base + after, end=base + end, answer=answer)


# -- boxes


def _boxes(line: re.Match[str]) -> list[Cell]:
    """ "[ ] Fever [x] Chills", "Fever [ ]", "Fever [ ] yes [x] no"."""
    boxes = list(_BOX.finditer(line[0]))
    if not boxes or (boxes[0][0].startswith("(") and _LETTER.search(line[0][: boxes[0].start()]) and len(boxes) == 1):
        return []
    ends = [*(box.start() for box in boxes[1:]), len(line[0])]
    texts = [line[0][box.end() : end] for box, end in zip(boxes, ends, strict=True)]
    head = line[0][: boxes[0].start()]
    if not _LETTER.search(head) or (head.rstrip().endswith(":") and not all(map(_is_option, texts))):
        return [_boxed(line, box, end) for box, end in zip(boxes, ends, strict=True)]
    first = _begin(line[0])
    if all(map(_is_option, texts)):
        after = first + len(head[first:].rstrip(" :=?-.|\t"))
        behind = _OPTION_LAST.search(head) is not None
        return [_cell(line, first, after, len(line[0]), Answer.OPEN if behind else _chosen(boxes, texts))]
    starts = [first, *(box.end() for box in boxes[:-1])]
    behind = not _LETTER.search(texts[-1])
    return [_before_box(line, start, box, known=behind) for start, box in zip(starts, boxes, strict=True)]


def _boxed(line: re.Match[str], box: re.Match[str], end: int) -> Cell:
    segment = line[0][box.end() : end]
    first = box.end() + len(segment) - len(segment.lstrip(" :-\t"))
    after = max(first, box.end() + len(segment.rstrip(" ,;.|\t")))
    answer = Answer.OPEN if _ITEM.match(line[0], first, end) else _ticked(box[0])
    return _cell(line, first, after, end, answer, box.start())


def _before_box(line: re.Match[str], start: int, box: re.Match[str], *, known: bool) -> Cell:
    segment = line[0][start : box.start()]
    first = start + len(segment) - len(segment.lstrip(" ,;.|\t"))
    after = max(first, start + len(segment.rstrip(" :=-.|\t")))
    return _cell(line, first, after, box.end(), _ticked(box[0]) if known else Answer.OPEN)


def _ticked(box: str) -> Answer:
    return _answer(box) if box != "☐" else Answer.OPEN


def _is_option(text: str) -> bool:
    return not _LETTER.search(text) or _BARE.fullmatch(text) is not None


def _chosen(boxes: Sequence[re.Match[str]], texts: Sequence[str]) -> Answer:
    """The answer of the one option that is ticked; a lone box answers itself."""
    if len(boxes) == 1 and not _LETTER.search(texts[0]):
        return _ticked(boxes[0][0])
    ticked = [text for box, text in zip(boxes, texts, strict=True) if _ticked(box[0]) is Answer.YES]
    words = [match["word"] for text in ticked if (match := _BARE.fullmatch(text))]
    return _answer(words[0]) if len(words) == len(ticked) == 1 else Answer.OPEN


# -- labels and answers


def _begin(line: str) -> int:
    bullets = _BULLETS.match(line)
    return bullets.end() if bullets else 0


def _items(line: re.Match[str]) -> list[Cell]:
    """A line that is nothing but labels with their answers, perhaps behind a heading."""
    begun = _begin(line[0])
    heading = _HEADING.match(line[0], begun)
    for first in [begun, *([heading.end()] if heading else [])]:
        cells = list(_row(line, first))
        if cells and not _BETWEEN.sub("", line[0][cells[-1].end - line.start() :]):
            return cells
    return []


def _row(line: re.Match[str], first: int) -> Iterator[Cell]:
    while item := _ITEM.match(line[0], first):
        if not _is_sentence(item):
            yield _cell(line, first, item.end("label"), item.end(), _answer(item["word"]))
        gap = _BETWEEN.match(line[0], item.end())
        first = gap.end() if gap else item.end()


def _is_sentence(item: re.Match[str]) -> bool:
    """ "Numbness: none", "Fell? No.": read as the words of a sentence, which tell more than a cell does."""
    return item["choice"] is None and item["mark"].strip() in {":", "?", "=", "-"} and item["word"].lower() in _WORDS


def _single(line: re.Match[str]) -> list[Cell]:
    """ "Fever N", a label that offers a choice with an answer of its own words, and a letter with a comment behind."""
    first = _begin(line[0])
    trailing = _TRAILING.fullmatch(line[0], first)
    if trailing:
        return [_cell(line, first, trailing.end("label"), len(line[0]), _answer(trailing["word"]))]
    commented = _CHOSEN.fullmatch(line[0], first) or _SPLIT.match(line[0], first)
    if commented:
        return [_cell(line, first, commented.end("label"), len(line[0]), Answer.OPEN)]
    return []


def _below(line: re.Match[str], following: Sequence[re.Match[str]], text: str) -> list[Cell]:
    """An answer on the line below, or none at all; a heading with its prose below it is no cell."""
    first = _begin(line[0])
    blank = _BLANK.fullmatch(line[0], first)
    below = next((each for each in following if each[0].strip()), None)
    answer = _BARE.fullmatch(below[0]) if below is not None else None
    if below is not None and answer is not None and (blank or _is_label(line[0], text[line.end() : below.start()])):
        after = blank.end("label") if blank else len(line[0].rstrip())
        return [_cell(line, first, after, below.end() - line.start(), _answer(answer["word"]))]
    if blank is None or (
        below is not None and _is_prose(below[0]) and "\n" not in text[line.end() + 1 : below.start()]
    ):
        return []
    return [_cell(line, first, blank.end("label"), blank.end("label"), Answer.OPEN)]


def _is_label(line: str, gap: str) -> bool:
    """A short line without a mark of prose, and nothing between it and the answer below."""
    return gap.count("\n") == 1 and len(line.split()) <= _LABEL_WORDS and not set(line) & set(".,;:")


def _is_prose(line: str) -> bool:
    return line.rstrip()[-1:] != ":" and len(line.split()) >= _PROSE and not _BLANK.fullmatch(line, _begin(line))
