"""The schemas of FHIR R4 resources: generated from the models at build time, read by `structure` at run time."""

from pathlib import Path
from typing import Any

import orjson

_HERE = Path(__file__).parent


def read(name: str) -> Any:
    """One file's content: "Observation", "untyped" (a type without schema), "datatypes", "choices" or "summary"."""
    return orjson.loads((_HERE / f"{name}.json").read_bytes())
