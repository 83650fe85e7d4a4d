"""One mapping of an author's file, read with closed keys and closed words; what is wrong becomes a Fault."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from fhirsvc.knowledge.authored import Authored, Entries, Rows, Text
from fhirsvc.knowledge.closed import advice
from fhirsvc.knowledge.faults import Fault


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands under one name in one file. title: how a Fault calls it ("Rule C3"); faults: all found so far."""

    file: str
    title: str
    entries: Entries
    faults: list[Fault]

    def fault(self, says: str, do: str, at: Authored | None = None) -> None:
        """One more Fault, at the line of `at` or of the entry."""
        line = at.line if isinstance(at, Text | Rows | Entries) else self.entries.line
        self.faults.append(Fault(self.file, line, f"{self.title}: {says}", do))

    def closes(self, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Faults for names that are absent and for names this kind of entry does not have."""
        for name in required:
            if name not in self.entries:
                self.fault(f"`{name}` is not said.", f"Write `{name}: …`.")
        for name in self.entries:
            if name not in required and name not in optional:
                self.fault(f"`{name}` is not a name known here.", advice(name, (*required, *optional)), name)

    def has(self, name: str) -> bool:
        """Is the name said at all?"""
        return name in self.entries

    def text(self, name: str) -> str:
        """The text under a name; "" where there is none, with a Fault where it is empty or a list."""
        value = self.entries.get(Text(name))
        if value is None:
            return ""
        if isinstance(value, Text) and value.strip():
            return str(value)
        self.fault(f"`{name}` is empty or a list.", "Write one text after the colon.", value)
        return ""

    def word(self, name: str, allowed: Collection[str], otherwise: str = "") -> str:
        """One closed word; `otherwise` where it is not said or not known."""
        value = self.text(name)
        if not value or value in allowed:
            return value or otherwise
        self.fault(f"`{name}: {value}` is not a word known here.", advice(value, allowed), self.entries[Text(name)])
        return otherwise

    def yes(self, name: str, word: str = "yes") -> bool:
        """Is the affirming word there? The only other word is its opposite."""
        return self.word(name, (word, "no" if word == "yes" else "false")) == word

    def texts(self, name: str) -> tuple[Text, ...]:
        """The list of texts under a name; () where there is none."""
        value = self.entries.get(Text(name))
        if value is None:
            return ()
        if isinstance(value, Rows) and all(isinstance(each, Text) for each in value):
            return tuple(each for each in value if isinstance(each, Text))
        self.fault(f"`{name}` is not a list of words.", f"Write `{name}: [one, two]`.", value)
        return ()

    def words(self, name: str, allowed: Collection[str]) -> tuple[str, ...]:
        """A list of closed words, each at most once."""
        found: list[str] = []
        for word in self.texts(name):
            if word not in allowed:
                self.fault(f"`{word}` is not a word known here.", advice(word, allowed), word)
            elif word in found:
                self.fault(f"`{word}` is said twice.", "Keep one of the two.", word)
            else:
                found.append(str(word))
        return tuple(found)

    def under(self, name: str, title: str = "") -> Entry:
        """The mapping under a name; an empty one where there is none."""
        value = self.entries.get(Text(name), _nothing(self.entries.line))
        if not isinstance(value, Entries):
            self.fault(
                f"`{name}` is not a set of names.", f"Write `{name}:` and, indented below it, `name: value`.", value
            )
            value = _nothing(self.entries.line)
        return Entry(self.file, title or str(name), value, self.faults)

    def named(self, kind: str) -> Iterator[tuple[str, Entry]]:
        """Each name of this mapping with the mapping under it, titled "kind name"."""
        for name in self.entries:
            yield str(name), self.under(name, f"{kind} {name}")

    def listed(self, name: str, key: str, *, once: bool = True) -> tuple[Entry, ...]:
        """The mappings of a list, each titled by what stands under `key`; once: two of one title are a Fault."""
        value = self.entries.get(Text(name), Rows())
        if not isinstance(value, Rows) or not all(isinstance(each, Entries) for each in value):
            self.fault(f"`{name}` is not a list of entries.", f"Begin each with `- {key}: …`.", value)
            return ()
        found = tuple(self._titled(each, key) for each in value if isinstance(each, Entries))
        if once:
            self._refuse_doubles(found)
        return found

    def _titled(self, row: Entries, key: str) -> Entry:
        called = row.get(Text(key), "")
        title = f"{key.capitalize()} {called}" if isinstance(called, Text) else key.capitalize()
        return Entry(self.file, title, row, self.faults)

    def _refuse_doubles(self, found: tuple[Entry, ...]) -> None:
        titles: set[str] = set()
        for each in found:
            if each.title in titles:
                each.fault("There are two of this name.", "Rename or remove one of them.")
            titles.add(each.title)


def _nothing(line: int) -> Entries:
    entries = Entries()
    entries.line = line
    return entries
