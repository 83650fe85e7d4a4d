"""The dependency rule is in force: the tree keeps every contract, and each one notices when it is broken on purpose."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
CONTRACTS = [contract["name"] for contract in SETTINGS["contracts"]]

LAYERS = "Inner names never learn outer names"
NO_WORKERS = "The service does not know its workers"
WORKERS = "Workers know neither the web nor the command line"
STANDARD_LIBRARY = "The domain stands on the standard library alone"
NO_TECHNOLOGY = "Use cases and FHIR know no web, queue, client or database"
MODELS = "The FHIR models are read at build time only"
ICD = "ICD-10-CM is read at build time only"
BUILDERS = "Nothing that runs imports what builds"

# contract, module that is made to break it, line that breaks it
BREACHES = [
    (LAYERS, "fhirsvc/domain/__init__.py", "import fhirsvc.fhir"),
    (LAYERS, "fhirsvc/domain/__init__.py", "import fhirsvc.knowledge"),
    (LAYERS, "fhirsvc/fhir/__init__.py", "import fhirsvc.knowledge"),
    (LAYERS, "fhirsvc/knowledge/__init__.py", "import fhirsvc.fhir"),
    (LAYERS, "fhirsvc/fhir/__init__.py", "import fhirsvc.usecases"),
    (LAYERS, "fhirsvc/usecases/__init__.py", "import fhirsvc.adapters"),
    (LAYERS, "fhirsvc/usecases/__init__.py", "import fhirsvc.settings"),
    (LAYERS, "fhirsvc/adapters/__init__.py", "import fhirsvc.settings"),
    (LAYERS, "fhirsvc/adapters/__init__.py", "import fhirsvc.web"),
    (LAYERS, "fhirsvc/bootstrap.py", "import fhirsvc.web"),
    (LAYERS, "fhirsvc/web/__init__.py", "import fhirsvc.cli"),
    (LAYERS, "fhirsvc/common.py", "LOOSE = True"),
    (NO_WORKERS, "fhirsvc/bootstrap.py", "import workers"),
    (WORKERS, "workers/__init__.py", "import fhirsvc.web"),
    (WORKERS, "workers/__init__.py", "import fhirsvc.cli"),
    (STANDARD_LIBRARY, "fhirsvc/domain/__init__.py", "import pydantic"),
    (STANDARD_LIBRARY, "fhirsvc/domain/__init__.py", "import yaml"),
    (NO_TECHNOLOGY, "fhirsvc/usecases/__init__.py", "import sqlalchemy"),
    (NO_TECHNOLOGY, "fhirsvc/usecases/__init__.py", "import celery"),
    (NO_TECHNOLOGY, "fhirsvc/fhir/__init__.py", "import fastapi"),
    (NO_TECHNOLOGY, "fhirsvc/fhir/__init__.py", "import httpx"),
    (MODELS, "fhirsvc/fhir/__init__.py", "import fhir.resources.R4B.bundle"),
    (MODELS, "workers/__init__.py", "import fhir.resources"),
    (ICD, "fhirsvc/knowledge/__init__.py", "import simple_icd_10_cm"),
    (BUILDERS, "fhirsvc/fhir/__init__.py", "import fhirsvc.fhir.schema.generate"),
    (BUILDERS, "fhirsvc/knowledge/__init__.py", "import fhirsvc.knowledge.expand"),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source with its contracts, to be broken and mended."""
    copy = tmp_path_factory.mktemp("tree")
    for package in ("fhirsvc", "workers"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


@pytest.fixture
def breach(tree: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """One illegal line at the end of one module, taken out again afterwards."""
    name, line = request.param
    module = tree / name
    before = module.read_text() if module.exists() else None
    module.write_text(f"{before or ''}\n{line}\n")
    yield
    if before is None:
        module.unlink()
    else:
        module.write_text(before)


def linted(tree: Path) -> str:
    """What import-linter says of a tree, without touching any cache."""
    linter = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "200"}
    run = subprocess.run(
        [linter, "--no-cache", "--no-logo"], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    return run.stdout


def test_the_tree_keeps_every_contract(tree: Path) -> None:
    answer = linted(tree)
    assert [name for name in CONTRACTS if f"{name} KEPT" not in answer] == []
    assert "BROKEN" not in answer


@pytest.mark.parametrize(
    ("contract", "breach"),
    [pytest.param(contract, (module, line), id=f"{module}: {line}") for contract, module, line in BREACHES],
    indirect=["breach"],
)
@pytest.mark.usefixtures("breach")
def test_an_illegal_import_breaks_its_contract(tree: Path, contract: str) -> None:
    assert f"{contract} BROKEN" in linted(tree)


def test_every_contract_is_broken_on_purpose_by_a_test() -> None:
    assert {contract for contract, _, _ in BREACHES} == set(CONTRACTS)


def imports_of(source: str) -> set[str]:
    """Everything a module imports, wherever in it the import stands; a relative import keeps its dots."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def is_at_home_in_the_domain(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names or f"{name}.".startswith("fhirsvc.domain.")


@pytest.mark.parametrize("module", sorted((ROOT / "fhirsvc" / "domain").rglob("*.py")), ids=lambda path: path.name)
def test_the_domain_imports_the_standard_library_and_itself_only(module: Path) -> None:
    assert [name for name in imports_of(module.read_text()) if not is_at_home_in_the_domain(name)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import yaml",
        "from pydantic import Field",
        "from fhirsvc.fhir import parse",
        "from . import evidence",
        "if True:\n    import orjson",
    ],
)
def test_a_foreign_import_in_the_domain_is_seen(line: str) -> None:
    assert not all(map(is_at_home_in_the_domain, imports_of(line)))
