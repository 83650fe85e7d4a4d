"""The settings: what they are without a word, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from fhirsvc.settings import Settings, Unusable, read


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FHIRSVC_{name.upper()}", raising=False)


def test_without_a_word_it_is_a_service_for_one_machine() -> None:
    settings = read()
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path("var"))
    assert settings.base == "http://127.0.0.1:8000/fhir"
    assert not settings.broker_url
    assert not settings.propose_service_request
    assert not settings.shadow


@pytest.mark.parametrize("named", ["default", " default ,", "default,default"])
def test_senders_in_shadow_are_named_with_commas(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    monkeypatch.setenv("FHIRSVC_SHADOW", named)
    assert read().shadow == {"default"}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "clinic.example"])  # noqa: S104
def test_it_does_not_leave_the_machine_unasked(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("FHIRSVC_HOST", host)
    with pytest.raises(Unusable, match="FHIRSVC_OPEN_ACCESS=i-understand"):
        read()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_is_home(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("FHIRSVC_HOST", host)
    assert read().host == host


def test_it_leaves_the_machine_when_that_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIRSVC_HOST", "192.0.2.1")
    monkeypatch.setenv("FHIRSVC_OPEN_ACCESS", "i-understand")
    assert read().base == "http://192.0.2.1:8000/fhir"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FHIRSVC_PORT", "banana"),
        ("FHIRSVC_PORT", "70000"),
        ("FHIRSVC_OPEN_ACCESS", "yes"),
        ("FHIRSVC_BASE_URL", "ftp://banana/fhir"),
        ("FHIRSVC_BASE_URL", "https://clinic.example/"),
        ("FHIRSVC_PROPOSE_SERVICE_REQUEST", "banana"),
        ("FHIRSVC_SHADOW", "default,banana"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Unusable, match=name) as refused:
        read()
    assert "banana" not in str(refused.value)


def test_the_base_is_what_senders_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIRSVC_BASE_URL", "https://clinic.example/heel/fhir")
    assert read().base == "https://clinic.example/heel/fhir"
    monkeypatch.delenv("FHIRSVC_BASE_URL")
    monkeypatch.setenv("FHIRSVC_HOST", "::1")
    assert read().base == "http://[::1]:8000/fhir"
