"""Overwriting a table while it is read, and failed or killed writes: the old data stays until the new is complete."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import functions as f

from handloom.session import overwrite

FORMATS = ["parquet", "csv", "json"]


def _folder(quick: Any, name: str, form: str = "parquet") -> str:
    quick.range(10).write.mode("overwrite").format(form).option("header", True).save(name)
    return name


def _read(quick: Any, name: str, form: str = "parquet") -> Any:
    return quick.read.format(form).option("header", True).load(name)


def _left(folder: str = ".") -> list[str]:
    """Hidden folders that a write left beside its target."""
    return [path.name for path in Path(folder).iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("form", FORMATS)
def test_a_folder_is_overwritten_with_what_is_left_of_itself(quick: Any, form: str) -> None:
    name = _folder(quick, f"own.{form}", form)
    _read(quick, name, form).filter("id > 6").write.mode("overwrite").format(form).option("header", True).save(name)
    assert sorted(int(row.id) for row in _read(quick, name, form).collect()) == [7, 8, 9]
    assert not _left()


def test_a_view_over_the_target_is_read_before_it_is_replaced(quick: Any) -> None:
    name = _folder(quick, "viewed")
    _read(quick, name).createOrReplaceTempView("viewed_rows")
    quick.sql("SELECT id FROM viewed_rows WHERE id < 2").write.mode("overwrite").parquet(name)
    assert _read(quick, name).count() == 2


def test_a_glob_and_a_parent_folder_are_read_before_they_are_replaced(quick: Any) -> None:
    _folder(quick, "parts/a")
    _folder(quick, "parts/b")
    quick.read.parquet("parts/*").write.mode("overwrite").parquet("parts/a")
    assert _read(quick, "parts/a").count() == 20
    quick.read.parquet("parts/a", "parts/b").limit(25).write.mode("overwrite").parquet("parts")
    assert _read(quick, "parts").count() == 25
    assert not _left("parts")


def test_a_link_stays_a_link_and_its_folder_is_replaced(quick: Any) -> None:
    name = _folder(quick, "linked")
    Path("link").symlink_to(name)
    _read(quick, "link").filter("id = 3").write.mode("overwrite").parquet("link")
    assert Path("link").is_symlink()
    assert _read(quick, name).count() == 1
    _read(quick, "link").union(_read(quick, "link")).write.mode("overwrite").parquet(name)
    assert _read(quick, "link").count() == 2


def test_a_single_file_is_replaced_by_the_folder_made_from_it(quick: Any) -> None:
    Path("one.csv").write_text("a,b\n1,x\n2,y\n")
    frame = quick.read.option("header", True).csv("one.csv")
    frame.filter("a = 2").write.mode("overwrite").option("header", True).csv("one.csv")
    assert [tuple(row) for row in quick.read.option("header", True).csv("one.csv").collect()] == [("2", "y")]


def test_a_path_given_as_an_option_is_protected_too(quick: Any) -> None:
    name = _folder(quick, "by_option")
    kept = _read(quick, name).filter("id = 1")
    kept.write.format("parquet").mode("overwrite").option("path", str(Path(name).resolve())).save()
    assert _read(quick, name).count() == 1


def test_a_failing_overwrite_keeps_the_old_data_and_leaves_nothing_behind(quick: Any) -> None:
    name = _folder(quick, "failing")
    bad = _read(quick, name).select(
        f.when(f.col("id") == 9, f.raise_error("no nine")).otherwise(f.col("id")).alias("id")
    )
    with pytest.raises(PySparkException, match="no nine"):
        bad.write.mode("overwrite").parquet(name)
    assert _read(quick, name).count() == 10
    with pytest.raises(PySparkException, match="no nine"):
        bad.write.mode("append").parquet(name)
    assert _read(quick, name).count() == 10
    assert not _left()


def test_an_append_adds_and_may_read_what_it_adds_to(quick: Any) -> None:
    name = _folder(quick, "growing")
    _read(quick, name).write.mode("append").parquet(name)
    assert _read(quick, name).count() == 20
    quick.range(3).write.mode("append").parquet("grown/from/nothing")
    assert _read(quick, "grown/from/nothing").count() == 3


def test_nulls_in_partition_columns_of_any_type_stay_null(quick: Any) -> None:
    day = datetime.date(2020, 1, 2)
    frame = quick.createDataFrame(
        [(1, 10, day, True, 1.5, "a"), (2, None, None, None, None, None)],
        "x int, i bigint, d date, b boolean, f double, s string",
    )
    values = {"i": 10, "d": day, "b": "true", "f": 1.5, "s": "a"}
    for name, value in values.items():
        frame.select("x", name).write.partitionBy(name).parquet(f"nulls_{name}")
        assert Path(f"nulls_{name}/{name}=__HIVE_DEFAULT_PARTITION__").is_dir()
        assert quick.read.parquet(f"nulls_{name}").orderBy("x").collect() == [(1, value), (2, None)]
    with pytest.raises(AnalysisException, match="Way out: write a Delta table"):
        frame.select("x", "i").write.format("parquet").partitionBy("i").saveAsTable("nulls_in_files")
    frame.select("x", "i").write.partitionBy("i").saveAsTable("nulls_in_delta")
    assert quick.table("nulls_in_delta").orderBy("x").collect() == [(1, 10), (2, None)]


def test_a_dynamic_overwrite_replaces_only_the_partitions_it_has(quick: Any) -> None:
    old = quick.createDataFrame([(1, "a"), (2, "b"), (3, None)], "x int, p string")
    old.write.partitionBy("p").parquet("dynamic")
    new = quick.createDataFrame([(9, "a"), (8, "c")], "x int, p string")
    new.write.mode("overwrite").option("partitionOverwriteMode", "dynamic").partitionBy("p").parquet("dynamic")
    assert sorted(row.x for row in quick.read.parquet("dynamic").collect()) == [2, 3, 8, 9]
    assert Path("dynamic/p=__HIVE_DEFAULT_PARTITION__").is_dir()
    quick.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    try:
        new.filter("p = 'c'").withColumn("x", f.lit(7)).write.mode("overwrite").partitionBy("p").parquet("dynamic")
    finally:
        quick.conf.unset("spark.sql.sources.partitionOverwriteMode")
    assert sorted(row.x for row in quick.read.parquet("dynamic").collect()) == [2, 3, 7, 9]


def test_writing_over_existing_data_without_a_mode_is_refused_with_the_way_out(quick: Any) -> None:
    name = _folder(quick, "there")
    with pytest.raises(PySparkException, match=r"already exists.*mode\(.overwrite.\)"):
        quick.range(1).write.parquet(name)
    quick.range(1).write.mode("ignore").parquet(name)
    assert _read(quick, name).count() == 10


def test_a_parquet_table_is_not_overwritten_with_what_is_read_from_it(quick: Any) -> None:
    quick.range(10).write.format("parquet").mode("overwrite").saveAsTable("plain_rows")
    quick.sql("SELECT id FROM plain_rows WHERE id > 6").createOrReplaceTempView("some_rows")
    lossy: tuple[Callable[[], object], ...] = (
        lambda: quick.table("plain_rows").limit(2).write.format("parquet").mode("overwrite").saveAsTable("plain_rows"),
        lambda: quick.table("some_rows").write.format("parquet").mode("overwrite").saveAsTable("plain_rows"),
        lambda: quick.table("plain_rows").limit(2).write.insertInto("plain_rows", overwrite=True),
        lambda: quick.sql("INSERT OVERWRITE plain_rows SELECT id FROM plain_rows LIMIT 2").collect(),
        lambda: quick.sql("INSERT OVERWRITE TABLE plain_rows SELECT id FROM some_rows").collect(),
        lambda: quick.sql("INSERT OVERWRITE DIRECTORY '/nowhere' USING parquet SELECT 1").collect(),
    )
    for number, act in enumerate(lossy):
        with pytest.raises(PySparkException, match=r"Nothing was changed|is safe"):
            act()
        assert quick.table("plain_rows").count() == 10, number


def test_a_delta_table_is_overwritten_with_what_is_read_from_it(quick: Any) -> None:
    quick.range(10).write.format("delta").mode("overwrite").saveAsTable("delta_rows")
    quick.table("delta_rows").filter("id > 6").write.format("delta").mode("overwrite").saveAsTable("delta_rows")
    assert quick.table("delta_rows").count() == 3


def test_a_parquet_table_is_overwritten_with_what_is_read_from_another(quick: Any) -> None:
    quick.range(10).write.format("parquet").mode("overwrite").saveAsTable("first_rows")
    quick.range(4).write.format("parquet").mode("overwrite").saveAsTable("second_rows")
    quick.table("second_rows").write.insertInto("first_rows", overwrite=True)
    assert quick.table("first_rows").count() == 4


def test_an_engine_killed_while_it_writes_leaves_the_old_data(quick: Any) -> None:
    Path("slow").mkdir()
    (Path("slow") / "old.txt").write_text("old")
    code = (
        "import os, sys; from handloom.session.spark import Spark; os.environ['SPARK_HOME'] = '/'; s = Spark();"
        "spark = s.session(); print(s._engine.pid, flush=True);"
        "spark.range(10**11).selectExpr('cast(id as string) v').write.mode('overwrite').text('slow')"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    with child.stdout as said:
        pid = int(said.readline())
    deadline = time.monotonic() + 30
    while not list(Path().glob(".slow.*/*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    assert child.wait(60) != 0
    assert [path.name for path in Path("slow").iterdir()] == ["old.txt"]
    assert not list(Path().glob(".slow.*"))


def test_a_process_killed_while_it_writes_leaves_the_old_data(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    (target / "old").write_text("old")
    code = (
        "import sys, os, signal; from pathlib import Path; from handloom.session.overwrite import replacing\n"
        "with replacing(Path(sys.argv[1])) as new:\n"
        "    new.mkdir(); (new / 'half').write_text('x'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(target)], check=False).returncode == -signal.SIGKILL
    assert [path.name for path in target.iterdir()] == ["old"]
    left = next(tmp_path.glob(".data.*"))
    os.utime(left, (0, 0))
    with overwrite.replacing(target) as new:
        new.mkdir()
    assert not list(tmp_path.glob(".data.*"))  # what was left long ago is swept


def test_data_set_aside_by_a_killed_process_is_put_back(tmp_path: Path) -> None:
    aside = tmp_path / ".data.0123abcd.replaced"
    aside.mkdir()
    (aside / "old").write_text("old")
    overwrite.recover(tmp_path / "data")
    assert (tmp_path / "data" / "old").read_text() == "old"


def test_readers_never_find_the_target_missing_while_it_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "data"
    target.mkdir()
    missing: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            if not target.exists():
                missing.append(1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(200):
        with overwrite.replacing(target) as new:
            new.mkdir()
    done.set()
    watcher.join()
    assert not missing or sys.platform != "linux"


def test_an_append_keeps_one_mark_of_success_and_its_hidden_checksum(tmp_path: Path) -> None:
    for number in (1, 2):
        with overwrite.adding(tmp_path / "rows") as new:
            new.mkdir()
            for name in ("_SUCCESS", "._SUCCESS.crc", "same.parquet", f"part-{number}.parquet"):
                (new / name).write_text(str(number))
    found = sorted(path.name.partition("-same")[1] or path.name for path in (tmp_path / "rows").iterdir())
    assert found == ["-same", "._SUCCESS.crc", "_SUCCESS", "part-1.parquet", "part-2.parquet", "same.parquet"]
