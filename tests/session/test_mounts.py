"""The mount table inside a kernel: which address resolves to which place."""

from __future__ import annotations

from pathlib import Path

import pytest

from handloom.session.mounts import DATA, Blob, resolve

SAMPLES = "wasbs://mlsamples@azureopendatastorage.blob.core.windows.net/diabetes"
TABLE = (
    (SAMPLES, "bundled:diabetes"),
    ("s3://lake", "/srv/lake"),
    ("s3://lake/raw", "Files/raw"),
    ("wasbs://c@emulated.blob.core.windows.net", "http://127.0.0.1:10000/emulated/c"),
)


def test_the_sample_data_resolves_to_the_bundled_copy() -> None:
    assert resolve(SAMPLES, TABLE, "/w") == DATA / "diabetes"


@pytest.mark.parametrize(
    "spelling",
    [
        "wasb://mlsamples@azureopendatastorage.blob.core.windows.net/diabetes/part-00000.parquet",
        "abfss://mlsamples@azureopendatastorage.dfs.core.windows.net/diabetes/part-00000.parquet",
    ],
)
def test_every_spelling_of_a_container_meets_its_mount(spelling: str) -> None:
    assert resolve(spelling, TABLE, "/w") == DATA / "diabetes" / "part-00000.parquet"


def test_a_name_that_only_begins_alike_is_not_mounted() -> None:
    place = resolve(SAMPLES + "-old", TABLE, "/w")
    assert place == Blob(
        "azureopendatastorage",
        "mlsamples",
        "https://azureopendatastorage.blob.core.windows.net/mlsamples",
        "diabetes-old",
    )


def test_the_longest_prefix_wins_and_relative_targets_lie_in_the_workspace() -> None:
    assert resolve("s3://lake/a.csv", TABLE, "/w") == Path("/srv/lake/a.csv")
    assert resolve("s3://lake/raw/a.csv", TABLE, "/w") == Path("/w/Files/raw/a.csv")


def test_a_container_may_be_mounted_at_an_address_of_its_own() -> None:
    place = resolve("abfss://c@emulated.dfs.core.windows.net/a/b", TABLE, "/w")
    assert place == Blob("emulated", "c", "http://127.0.0.1:10000/emulated/c", "a/b")


def test_other_uris_and_local_paths_stay_what_they_are() -> None:
    assert resolve("gs://bucket/x", TABLE, "/w") == "gs://bucket/x"
    assert resolve("file:///tmp/x", TABLE, "/w") == Path("/tmp/x")
    assert resolve("Files/x", TABLE, "/w") == Path.cwd() / "Files/x"


def test_mounts_that_point_at_each_other_end() -> None:
    table = (("a://x", "b://x"), ("b://x", "a://x"))
    assert resolve("a://x", table, "/w") in ("a://x", "b://x")
