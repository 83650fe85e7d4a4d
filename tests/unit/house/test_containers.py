"""The compose file and the Dockerfile promise what the architecture asks; they are read here, not run."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FILE: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
SERVICES: dict[str, dict[str, Any]] = FILE["services"]

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def follows_the_compose_schema(path: Path) -> bool:
    checker = Path(sys.executable).with_name("check-jsonschema")
    return subprocess.run([checker, "--builtin-schema", "vendor.compose-spec", path], check=False).returncode == 0


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.+)$", DOCKERFILE, flags=re.MULTILINE)


def test_the_compose_file_follows_the_compose_schema() -> None:
    assert follows_the_compose_schema(COMPOSE)


def test_the_compose_schema_refuses_a_misspelt_key(tmp_path: Path) -> None:
    misspelt = tmp_path / "docker-compose.yml"
    misspelt.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchek:"))
    assert not follows_the_compose_schema(misspelt)


def test_both_files_say_that_nothing_ran_them() -> None:
    assert COMPOSE.read_text().startswith("# Checked, not run")
    assert DOCKERFILE.startswith("# Checked, not run")


def test_there_is_one_api_one_worker_and_one_redis() -> None:
    assert set(SERVICES) == {"api", "worker", "redis"}


@every_service
def test_every_image_is_pinned_to_one_release(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+(-alpine)?", service["image"])


@every_service
def test_every_service_tells_its_health(service: dict[str, Any]) -> None:
    assert set(service["healthcheck"]) == {"test", "interval", "timeout", "retries", "start_period"}


@every_service
def test_no_service_is_root(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[1-9]\d*(:[1-9]\d*)?", service["user"])
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@every_service
def test_no_service_writes_outside_its_volume_and_a_bounded_tmp(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert all(re.fullmatch(r"/[a-z]+:size=\d+m,mode=1777", mount) for mount in service["tmpfs"])
    assert [mount.partition(":")[2] for mount in service["volumes"]] == ["/data"]


@every_service
def test_every_service_has_limits(service: dict[str, Any]) -> None:
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}


def test_api_and_worker_share_one_store_and_one_image() -> None:
    api, worker = SERVICES["api"], SERVICES["worker"]
    assert api["volumes"] == worker["volumes"] == ["store:/data"]
    assert api["image"] == worker["image"]
    assert api["environment"]["FHIRSVC_DATA_DIR"] == worker["environment"]["FHIRSVC_DATA_DIR"] == "/data"
    assert api["environment"]["FHIRSVC_BROKER_URL"] == worker["environment"]["FHIRSVC_BROKER_URL"]


def test_redis_keeps_what_it_was_given_and_never_evicts() -> None:
    command = SERVICES["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"


def test_redis_is_reached_from_inside_only() -> None:
    assert "ports" not in SERVICES["redis"]
    assert SERVICES["redis"]["networks"] == ["queue"]
    assert FILE["networks"]["queue"]["internal"] is True


def test_the_service_without_access_control_is_published_on_loopback_only() -> None:
    assert SERVICES["api"]["environment"]["FHIRSVC_OPEN_ACCESS"] == "i-understand"
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["api"]["ports"])


def test_only_volumes_that_are_declared_are_mounted() -> None:
    mounted = {mount.partition(":")[0] for service in SERVICES.values() for mount in service["volumes"]}
    assert mounted == set(FILE["volumes"])


def test_the_image_is_built_on_one_release_of_python() -> None:
    assert {base.partition(" ")[0] for base in instructions("FROM")} == {"python:3.13.7-slim-trixie"}


def test_the_image_installs_only_what_its_hash_allows() -> None:
    installs = [line for line in instructions("RUN") if line.startswith("pip ")]
    assert len(installs) == 4
    assert all("--require-hashes -r " in line or "--no-deps" in line for line in installs)


def test_the_image_runs_as_an_ordinary_user_and_receives_signals_itself() -> None:
    assert instructions("USER") == ["10001"]
    assert instructions("ENTRYPOINT") == ['["fhirsvc"]']


def test_the_image_holds_the_same_user_and_data_folder_as_the_compose_file() -> None:
    assert SERVICES["api"]["user"] == instructions("USER")[0]
    assert "FHIRSVC_DATA_DIR=/data" in instructions("ENV")


def test_everything_the_image_copies_is_let_through_to_the_build() -> None:
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {name for line in instructions("COPY") if "--from" not in line for name in line.split()[:-1]}
    assert copied == let_through
