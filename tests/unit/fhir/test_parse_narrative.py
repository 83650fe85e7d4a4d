"""Which narratives are harmless XHTML."""

import pytest

from fhirsvc.fhir import xhtml

LEGAL = [
    "Text",
    "<p>A &amp; B &lt; C &nbsp;&eacute;&#233;</p>",
    '<a href="https://ehr.example/notes#1">note</a>',
    '<a href="data.html" name="x">data: none</a>',
    '<img src="data:image/png;base64,AAAA" alt="x"/>',
    '<table border="1"><tbody><tr><td style="color: red" colspan="2">1</td></tr></tbody></table>',
    "<!-- remark --><p>x</p>",
    '<p lang="de" xml:lang="de" class="x" id="y" title="z">x</p>',
]
ILLEGAL = [
    "",
    "  \n ",
    "&nbsp;",
    "<p></p>",
    "<p>x",
    "<p>x</b>",
    "x</div><div>y",
    "<script>alert(1)</script>",
    "<SCRIPT>alert(1)</SCRIPT>",
    '<img src="x" onerror="alert(1)"/>',
    "<svg><p>x</p></svg>",
    '<iframe src="x">x</iframe>',
    "<form>x</form>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java&#10;script:alert(1)">x</a>',
    '<a href="data:text/html;base64,AAAA">x</a>',
    '<p style="background: url(https://x.example)">x</p>',
    '<p style="width: expression(alert(1))">x</p>',
    '<p style="w\\69dth: 1">x</p>',
    '<p xmlns="http://www.w3.org/2000/svg">x</p>',
    "<h:p>x</h:p>",
    "<![CDATA[<script>]]>x",
    "<?php x ?>y",
    "&unknown;",
    "&LT;script&GT;",
    "<p a=1>x</p>",
]


def in_div(inner: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{inner}</div>'


@pytest.mark.parametrize("inner", LEGAL)
def test_it_is_legal_to_write(inner: str) -> None:
    assert xhtml.legal(in_div(inner))


@pytest.mark.parametrize("inner", ILLEGAL)
def test_it_is_not_legal_to_write(inner: str) -> None:
    assert not xhtml.legal(in_div(inner))


@pytest.mark.parametrize(
    "whole", ["x", "<p>x</p>", "<div>x", '<!DOCTYPE div [<!ENTITY a "b">]><div>&a;</div>', "<div>x</div><div>y</div>"]
)
def test_a_narrative_is_one_div(whole: str) -> None:
    assert not xhtml.legal(whole)


def test_a_div_of_a_hundred_thousand_levels_does_no_harm() -> None:
    assert xhtml.legal("<div>" * 100_000 + "x" + "</div>" * 100_000)
