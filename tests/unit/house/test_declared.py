"""Everything that the service imports is declared, so that a new machine has it."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_package_that_the_service_imports_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {_plain(re.split(r"[\[<>=~! ;]", each)[0]) for each in project["project"]["dependencies"]}
    built_with = {"simple-icd-10-cm"}
    owners = packages_distributions()
    foreign = {
        name
        for folder in ("fhirsvc", "workers")
        for path in (ROOT / folder).rglob("*.py")
        for name in _imported(path)
        if name not in sys.stdlib_module_names | {"fhirsvc", "workers"}
    }
    carried = {"starlette": "fastapi", "pydantic": "pydantic-settings"}
    undeclared = {
        name
        for name in foreign
        if not {_plain(owner) for owner in owners.get(name, [name])} & (declared | built_with)
        and carried.get(name) not in declared
    }
    assert undeclared == set()


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in names}
