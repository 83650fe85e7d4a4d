"""What an administrator may set, read from environment variables that begin with FHIRSVC_."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

TENANT = "default"
"""The one sender there is until access control tells senders apart."""


class Settings(BaseSettings):
    """One field per setting; `docs/admin.md` lists the same, and a test compares the two."""

    model_config = SettingsConfigDict(env_prefix="FHIRSVC_", frozen=True)

    host: str = Field("127.0.0.1", description="Address the service listens on.")
    port: int = Field(8000, ge=1, le=65535, description="TCP port the service listens on.")
    data_dir: Path = Field(Path("var"), description="Folder of the store; made when it is missing.")
    base_url: str = Field("", description="FHIR base as senders see it, ending in /fhir; empty: http://HOST:PORT/fhir.")
    broker_url: str = Field(
        "", description="Redis address of the Celery queue; empty: `serve` starts one child worker process instead."
    )
    propose_service_request: bool = Field(
        default=False,
        description="Write a ServiceRequest (intent proposal, status draft) beside an indicated impression.",
    )
    shadow: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(), description="Senders in shadow, with commas: decided for, and nothing written to their charts."
    )
    open_access: Literal["", "i-understand"] = Field(
        "", description="Must be i-understand before the service listens on anything but loopback."
    )

    @field_validator("base_url")
    @classmethod
    def _is_a_base(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme in {"http", "https"} and parts.netloc and parts.path.endswith("/fhir")):
            raise ValueError("must be an http or https address that ends in /fhir")
        return value

    @field_validator("shadow", mode="before")
    @classmethod
    def _are_senders(cls, value: object) -> object:
        """A misspelt name would leave its sender live without a word."""
        if not isinstance(value, str):
            return value
        named = frozenset(filter(None, (each.strip() for each in value.split(","))))
        if named - {TENANT}:
            raise ValueError(f"names a sender that is not known; the only one is {TENANT}")
        return named

    @model_validator(mode="after")
    def _stays_at_home(self) -> Self:
        if not _is_loopback(self.host) and not self.open_access:
            raise ValueError(
                "FHIRSVC_HOST is not a loopback address, and this version has no access control: everyone who reaches "
                "the port could read every patient. Keep 127.0.0.1, or set FHIRSVC_OPEN_ACCESS=i-understand"
            )
        return self

    @property
    def base(self) -> str:
        """The FHIR base, without a slash at its end: every absolute address the service writes begins with it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.base_url or f"http://{host}:{self.port}/fhir"


class Unusable(Exception):
    """The settings cannot be used; the message says which and why, and repeats no value."""


def read() -> Settings:
    """The settings of this process; raises Unusable with one sentence per fault."""
    try:
        return Settings()
    except ValidationError as fault:
        faults = fault.errors(include_input=False)
        raise Unusable(". ".join(_sentence(each["loc"], each["msg"]) for each in faults)) from None


def _sentence(where: tuple[int | str, ...], message: str) -> str:
    plain = message.removeprefix("Value error, ")
    return f"FHIRSVC_{str(where[0]).upper()}: {plain}" if where else plain


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
