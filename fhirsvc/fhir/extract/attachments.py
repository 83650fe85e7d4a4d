"""The texts of a resource's attachments; what is not plain English text is unread, never silence."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import TypeAlias

from fhirsvc.fhir.extract.dossier import Dossier
from fhirsvc.fhir.extract.record import Read, Setting
from fhirsvc.fhir.extract.tree import Node, string

_PLAIN = "text/plain"
_CHARSETS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "iso-8859-15", "windows-1252", "cp1252", "utf-16"}
)
_UTF_8 = "utf-8"


Texts: TypeAlias = dict[str, str]
"""Place in the resource → the text that stands there."""


def texts_of(attachments: Iterable[tuple[str, Node]], setting: Setting, dossier: Dossier) -> tuple[Texts, Read]:
    """Place → text of each attachment that can be read, and the others as unread.

    attachments: with their places. The text stands in the attachment, or in a Binary among the records.
    """
    texts: Texts = {}
    missed: list[Read] = []
    for place, attachment in attachments:
        if text := _text(attachment, setting.record.resource, dossier):
            texts[place] = text
        else:
            missed.append(setting.missed(place, "unread", string(attachment, "contentType")))
    return texts, Read.all(missed)


def is_english(resource: Node) -> bool:
    """Is its text, as far as it says, in the language that is read here? (http://hl7.org/fhir/R4/valueset-languages.html)"""
    named = string(resource, "language").casefold()
    return not named or named == "en" or named.startswith("en-")


def _text(attachment: Node, resource: Node, dossier: Dossier) -> str:
    """The text; "" for one in another format or language, or that does not stand here."""
    holder = attachment if "data" in attachment else dossier.resource(string(attachment, "url"), resource) or {}
    spoken = attachment if "language" in attachment else holder if "language" in holder else resource
    return decoded(holder, string(attachment, "contentType")) if is_english(spoken) else ""


def decoded(holder: Node, content_type: str = "") -> str:
    """The plain text that an Attachment or Binary holds; "" for another type, an unknown charset or broken base64."""
    type_, _, parameters = (content_type or string(holder, "contentType")).casefold().partition(";")
    charset = _charset(parameters)
    if type_.strip() != _PLAIN or charset not in _CHARSETS:
        return ""
    try:
        return base64.b64decode("".join(string(holder, "data").split()), validate=True).decode(charset)
    except (binascii.Error, ValueError):
        return ""


def _charset(parameters: str) -> str:
    """The charset of a content type; UTF-8 without one."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "charset":
            return value.strip(" \"'")
    return _UTF_8
