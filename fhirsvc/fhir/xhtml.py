"""Whether a narrative is the harmless XHTML that FHIR allows (http://hl7.org/fhir/R4/narrative.html, txt-1, txt-2)."""

import html.entities
import re
from xml.parsers import expat

_ELEMENT_NAMES = """
    a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd del dfn div dl dt em
    h1 h2 h3 h4 h5 h6 hr i img ins kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead
    tr tt ul var
"""
_ATTRIBUTE_NAMES = """
    abbr accesskey align alt axis bgcolor border cellpadding cellspacing char charoff cite class colspan coords
    datetime dir frame headers height href hreflang hspace id lang longdesc name noshade nowrap rel rev rowspan rules
    scope shape span src start style summary tabindex title type usemap valign vspace width xml:lang xmlns
"""
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_ADDRESSES = frozenset({"cite", "href", "longdesc", "src", "usemap"})
_XHTML = "http://www.w3.org/1999/xhtml"
_NOT_AN_ADDRESS = re.compile(r"(?:javascript|vbscript|livescript|data):(?!image/(?:png|gif|jpe?g);)", re.IGNORECASE)
_NOT_A_STYLE = re.compile(r"url\s*\(|expression|@import|javascript|behaviou?r|-moz-binding|\\", re.IGNORECASE)
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})


class _Illegal(Exception):
    """Something that a narrative must not hold."""


def legal(div: str) -> bool:
    """True for one well-formed `div` of allowed elements and attributes that shows something: text or an image."""
    if "<!" in div.replace("<!--", "") or "<?" in div:
        return False
    reading = _Reading()
    try:
        reading.parse(_ENTITY.sub(_as_character, div))
    except (expat.ExpatError, _Illegal):
        return False
    return reading.shows


def _as_character(entity: re.Match[str]) -> str:
    """XHTML's named characters, which XML alone does not know; those that XML knows stay."""
    code_point = html.entities.name2codepoint.get(entity[1])
    return entity[0] if code_point is None or entity[1] in _XML_ENTITIES else chr(code_point)


class _Reading:
    """One pass over a narrative."""

    def __init__(self) -> None:
        self.shows = False
        self._root = True
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._element
        self._parser.CharacterDataHandler = self._text

    def parse(self, div: str) -> None:
        self._parser.Parse(div, True)

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        if name not in _ELEMENTS or (self._root and name != "div"):
            raise _Illegal
        self._root = False
        self.shows |= name == "img"
        for attribute, value in attributes.items():
            _check_attribute(attribute, value)

    def _text(self, text: str) -> None:
        self.shows |= not text.isspace()


def _check_attribute(name: str, value: str) -> None:
    if (
        name not in _ATTRIBUTES
        or (name == "xmlns" and value != _XHTML)
        or (name in _ADDRESSES and _NOT_AN_ADDRESS.match(_visible(value)))
        or (name == "style" and _NOT_A_STYLE.search(value))
    ):
        raise _Illegal


def _visible(address: str) -> str:
    """Browsers ignore control characters inside a scheme."""
    return "".join(character for character in address if character > " ")
