"""The schemas of FHIR R4 resources: generated from the models at build time, read by `structure` at run time."""

from importlib import resources
from typing import Any

import orjson


def read(name: str) -> Any:
    """The content of one schema file: "Observation", "untyped" (a type without schema), "datatypes" or "choices"."""
    return orjson.loads(resources.files(__name__).joinpath(f"{name}.json").read_bytes())
