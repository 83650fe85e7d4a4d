"""The pinned sets stand on hashes alone and agree with each other."""

import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[3] / "requirements"
SETS = ["run", "build", "dev"]


def pins(name: str) -> dict[str, str]:
    """Package to the requirement line that pins it, without its hashes."""
    lines = (REQUIREMENTS / f"{name}.txt").read_text().splitlines()
    return {re.split(r"[=\[]", line)[0]: line.removesuffix(" \\") for line in lines if re.match(r"[a-z]", line)}


@pytest.mark.parametrize("name", SETS)
def test_a_set_holds_pins_and_hashes_and_nothing_else(name: str) -> None:
    pin = r"[a-z0-9-]+==\S+( ; .+)? \\"
    digest = r"    --hash=sha256:[0-9a-f]{64}( \\)?"
    lines = (REQUIREMENTS / f"{name}.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(f"{pin}|{digest}", line)] == []
    assert pins(name)


@pytest.mark.parametrize("name", ["run", "build"])
def test_the_development_set_holds_the_same_versions(name: str) -> None:
    development = pins("dev")
    assert {package: line for package, line in pins(name).items() if development.get(package) != line} == {}
