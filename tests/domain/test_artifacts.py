"""What a path may be, and what a file is served as."""

import pytest

from handloom.domain import artifacts
from handloom.domain.errors import Invalid


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "/etc/passwd",
        "//etc/passwd",
        "a\\b",
        "..\\x",
        "a#b",
        "C:/x",
        "C:x",
        "file:/etc/passwd",
        "%2e%2e/x",
        "%252e%252e/x",
        "a/%2e%2e/%2e%2e/x",
        "%2fetc/passwd",
        "a%5cb",
        "a%00b",
        "a\x00b",
        "a\nb",
        ".uploads/x",
        ".Uploads/x",
        "./.uploads/x",
    ],
)
def test_a_path_that_could_leave_its_root_is_refused(path: str) -> None:
    with pytest.raises(Invalid):
        artifacts.clean_path(path)


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("", ""),
        (".", ""),
        ("a//b/./c/", "a/b/c"),
        ("모델/지표.json", "모델/지표.json"),
        ("100%25.txt", "100%25.txt"),
        ("a b+c.txt", "a b+c.txt"),
        ("...", "..."),
        ("a/.uploads", "a/.uploads"),
    ],
)
def test_a_safe_path_has_one_spelling(path: str, clean: str) -> None:
    assert artifacts.clean_path(path) == clean


def test_a_part_longer_than_file_systems_take_is_refused() -> None:
    with pytest.raises(Invalid, match="255 bytes"):
        artifacts.clean_path("모" * 86)


def test_an_artifact_uri_names_a_path_and_other_uris_none() -> None:
    assert artifacts.path_of("mlflow-artifacts:/1/abc/artifacts") == "1/abc/artifacts"
    assert artifacts.path_of("s3://bucket/1/abc") is None
    assert artifacts.path_of("mlflow-artifacts://elsewhere/1") is None
    with pytest.raises(Invalid):
        artifacts.path_of("mlflow-artifacts:/1/../../2")
    with pytest.raises(Invalid, match="outside of this server"):
        artifacts.root_of("s3://bucket/1/abc")


@pytest.mark.parametrize(
    ("path", "download", "preview"),
    [
        ("model/MLmodel", "text/plain", "text/plain; charset=utf-8"),
        ("a.json", "text/plain", "application/json; charset=utf-8"),
        ("a.html", "text/html", "text/html; charset=utf-8"),
        ("a.png", "image/png", "image/png"),
        ("model.pkl", "application/octet-stream", "application/octet-stream"),
        ("README", "application/octet-stream", "application/octet-stream"),
        ("a.sql", "application/sql", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_has_a_content_type_by_its_name(path: str, download: str, preview: str) -> None:
    assert artifacts.download_type(path) == download
    assert artifacts.preview_type(path) == preview


def test_a_download_keeps_a_name_that_is_not_ascii() -> None:
    assert artifacts.disposition("x/a.txt", "attachment") == "attachment; filename=a.txt"
    assert artifacts.disposition("a b.txt", "inline") == 'inline; filename="a b.txt"'
    assert artifacts.disposition("지표.txt", "attachment") == (
        "attachment; filename=\"__.txt\"; filename*=UTF-8''%EC%A7%80%ED%91%9C.txt"
    )
    assert '"' not in artifacts.disposition('a"b.txt', "attachment").removeprefix('attachment; filename="')[:3]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", (0, 10)),
        ("bytes=2-4", (2, 5)),
        ("Bytes = 2 - 4", (2, 5)),
        ("bytes=8-99", (8, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=4-2", None),
        ("bytes=-", None),
        ("bytes=1-2,4-5", None),
        ("bytes=a-b", None),
        ("bytes=٣-", None),
        (f"bytes={'9' * 5_000}-", None),
    ],
)
def test_a_range_is_one_stretch_of_bytes_or_is_not_asked(header: str | None, expected: tuple[int, int] | None) -> None:
    found = artifacts.slice_of(header, 10)
    assert (found and (found.start, found.end)) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=0-", 0), ("bytes=-0", 10)])
def test_a_range_behind_the_end_is_refused(header: str, size: int) -> None:
    with pytest.raises(Invalid, match=f"The file has {size} bytes"):
        artifacts.slice_of(header, size)


def test_an_address_is_shown_without_what_opens_it() -> None:
    shown = artifacts.without_secrets("s3://key:secret@bucket/prefix?X-Amz-Signature=secret#secret")
    assert shown == "s3://key@bucket/prefix"
    assert (
        artifacts.without_secrets("abfss://box@acc.dfs.core.windows.net/p") == "abfss://box@acc.dfs.core.windows.net/p"
    )


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("mlflow-artifacts:/1", "mlflow-artifacts:/1/r/artifacts"),
        ("s3://bucket/a/", "s3://bucket/a/r/artifacts"),
        ("s3://bucket/a/?b=c&d=/e", "s3://bucket/a/r/artifacts?b=c&d=/e"),
        ("/folder", "/folder/r/artifacts"),
    ],
)
def test_a_path_is_joined_before_the_query_of_a_location(location: str, place: str) -> None:
    assert artifacts.below(location, "r/artifacts") == place


@pytest.mark.parametrize("uri", ["hdfs://h/a", "https://h/a", "ftp:///a", "mlflow-artifacts://h/a", "http://[x"])
def test_an_address_that_names_a_host_is_refused(uri: str) -> None:
    with pytest.raises(Invalid):
        artifacts.check_host(uri, "artifact_location")
    for taken in ("mlflow-artifacts:/1", "s3://bucket/a", "gs://bucket/a", "wasbs://c@account/a", "/folder", ""):
        artifacts.check_host(taken, "artifact_location")
