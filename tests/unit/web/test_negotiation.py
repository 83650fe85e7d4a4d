"""Which media types are read and written."""

import pytest

from fhirsvc.web.negotiation import FHIR_JSON, reads, writes


@pytest.mark.parametrize(
    "content_type",
    [
        "application/fhir+json",
        "application/json",
        "Application/FHIR+JSON; Charset=UTF-8",
        'application/fhir+json;fhirVersion="4.0"',
        "application/fhir+json; fhirVersion=4.0.1",
        FHIR_JSON,
    ],
)
def test_fhir_r4_json_in_utf_8_is_read(content_type: str) -> None:
    assert reads(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/fhir+xml",
        "multipart/form-data; boundary=x",
        "application/fhir+json; charset=latin1",
        "application/fhir+json; fhirVersion=5.0",
        "application/fhir+json, application/json",
        "*/*",
    ],
)
def test_nothing_else_is_read(content_type: str | None) -> None:
    assert not reads(content_type)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/*",
        "application/json",
        "application/fhir+json; fhirVersion=4.0",
        "application/fhir+xml, application/fhir+json;q=0.1",
        "text/html, */*;q=0.01",
    ],
)
def test_whoever_takes_fhir_json_is_answered(accept: str | None) -> None:
    assert writes(accept)


@pytest.mark.parametrize(
    "accept", ["application/fhir+xml", "text/html", "application/fhir+json; fhirVersion=5.0", "*/*;q=0", "*/*;q=0.0"]
)
def test_whoever_does_not_is_refused(accept: str) -> None:
    assert not writes(accept)


@pytest.mark.parametrize("wanted", ["json", "application/json", "application/fhir+json", "application/fhir json"])
def test_the_parameter_goes_before_the_header(wanted: str) -> None:
    assert writes("application/fhir+xml", wanted)


@pytest.mark.parametrize("wanted", ["xml", "", "application/fhir+xml", "ttl"])
def test_a_parameter_for_another_format_is_refused(wanted: str) -> None:
    assert not writes("*/*", wanted)
