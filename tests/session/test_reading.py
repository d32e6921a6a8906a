"""Reading and writing files with the quick engine. The values are what Apache Spark 4.2 gave for the same input."""

from __future__ import annotations

import datetime
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.errors import PySparkException

S, INT, D = "string", "int", "double"

CSV: list[tuple[str, dict[str, str], list[str], list[tuple[Any, ...]]]] = [
    ('a,b\n"x""y",1\n"x" ,3\nx"y,5\n"p\\"q",6\n"p\\\\",7\n', {}, [S, S],
     [('"x""y"', "1"), ("x", "3"), ('x"y', "5"), ('p"q', "6"), ("p\\", "7")]),
    ('a,b\n"x""y",1\n"""a""",3\n', {"escape": '"'}, [S, S], [('x"y', "1"), ('"a"', "3")]),
    ("a,b\n\n  \n1,\n,\n", {}, [S, S], [("1", None), (None, None)]),
    ('a\n\n1\n""\n" "\n', {}, [S], [("1",), (None,), (" ",)]),
    ("a,b\n1,2,3\n5\n", {}, [S, S], [("1", "2"), ("5", None)]),
    ("a,b\n1,2,3\n5\n7,8\n", {"mode": "DROPMALFORMED"}, [S, S], [("7", "8")]),
    ("a,b\n 1, 2\n3 ,4.5 \n", {"inferSchema": "true"}, [D, D], [(1.0, 2.0), (3.0, 4.5)]),
    ("a,b\n 1 , x\n2,y \n", {"ignoreLeadingWhiteSpace": "true", "ignoreTrailingWhiteSpace": "true"}, [S, S],
     [("1", "x"), ("2", "y")]),
    ("a,b,c,d,e\n1,2147483648,99999999999999999999,1.5,true\n", {"inferSchema": "true"},
     [INT, "bigint", "decimal(20,0)", D, "boolean"], [(1, 2147483648, Decimal("99999999999999999999"), 1.5, True)]),
    ("a,b\n2024-01-02,2024-01-02 03:04:05\n", {"inferSchema": "true"}, ["date", "timestamp"],
     [(datetime.date(2024, 1, 2), datetime.datetime(2024, 1, 2, 3, 4, 5))]),
    ("a,b\n2024-01-02,2024-01-02\n2024-01-02 10:00:00,x\n", {"inferSchema": "true"}, ["timestamp", S],
     [(datetime.datetime(2024, 1, 2), "2024-01-02"), (datetime.datetime(2024, 1, 2, 10), "x")]),
    ("a,b,c\n1e5,1f,+1\n", {"inferSchema": "true"}, [D, D, INT], [(100000.0, 1.0, 1)]),
    ("x,y\n1,NA\nNA,4\n", {"inferSchema": "true", "nullValue": "NA"}, [INT, INT], [(1, None), (None, 4)]),
    ("#c\na,b\n1,2\n#x\n3,4\n", {"comment": "#"}, [S, S], [("1", "2"), ("3", "4")]),
    ('a,b\n"1\n2",3\n', {"multiLine": "true"}, [S, S], [("1\n2", "3")]),
    ('a,b\n"1\n2",3\n', {}, [S, S], [("1", None), ('2"', "3")]),
    ("a,b\r1,2\r\n3,4\r\n", {}, [S, S], [("1", "2"), ("3", "4")]),
    ("\ufeffa||b\n1||2\n", {"sep": "||"}, [S, S], [("1", "2")]),
    ('"a","b"\n"",1\n,2\n', {"emptyValue": "EMPTY"}, [S, S], [("EMPTY", "1"), (None, "2")]),
    ("a\n02.01.2024\n", {"inferSchema": "true", "dateFormat": "dd.MM.yyyy"}, ["date"], [(datetime.date(2024, 1, 2),)]),
]  # fmt: skip


def _csv(quick: Any, text: str | bytes, given: dict[str, str], schema: str = "", name: str = "x.csv") -> Any:
    Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())
    reader = quick.read.options(**{"header": "true", **given})
    return (reader.schema(schema) if schema else reader).csv(name)


def _types(frame: Any) -> list[str]:
    return [kind for _, kind in frame.dtypes]


@pytest.mark.parametrize(("text", "given", "types", "rows"), CSV)
def test_csv_has_the_types_and_values_of_apache_spark(
    quick: Any, text: str, given: dict[str, str], types: list[str], rows: list[tuple[Any, ...]]
) -> None:
    frame = _csv(quick, text, given)
    assert _types(frame) == types
    assert [tuple(row) for row in frame.collect()] == rows


def test_types_are_inferred_from_all_rows_and_not_from_the_first(quick: Any) -> None:
    frame = _csv(quick, "a,b\n" + "1,x\n" * 3000 + "1.5,y\n", {"inferSchema": "true"})
    assert frame.dtypes == [("a", "double"), ("b", "string")]
    assert frame.filter("a > 1").count() == 1


@pytest.mark.parametrize("encoding", ["cp949", "MS949", "EUC-KR"])
def test_a_korean_file_is_read_in_its_encoding(quick: Any, encoding: str) -> None:
    frame = _csv(quick, "이름,도시\n홍길동,서울\n".encode("cp949"), {"encoding": encoding})
    assert [row.asDict() for row in frame.collect()] == [{"이름": "홍길동", "도시": "서울"}]


def test_a_file_that_is_not_utf_8_says_so(quick: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _csv(quick, "이름\n홍길동\n".encode("cp949"), {}, name="undeclared.csv").count()
    assert "undeclared.csv is not in UTF-8" in (said := capsys.readouterr().err)
    assert 'option("encoding", "cp949")' in said


def test_names_that_repeat_or_are_missing_get_numbers(quick: Any) -> None:
    assert _csv(quick, "a,A,b,,b\n1,2,3,4,5\n", {}).columns == ["a0", "A1", "b2", "_c3", "b4"]


def test_cells_that_do_not_fit_the_schema_are_null_dropped_or_refused(quick: Any) -> None:
    text, schema = "n,s\n1,a\nx,b\n3,c\n", "n int, s string"
    assert [tuple(row) for row in _csv(quick, text, {}, schema).collect()] == [(1, "a"), (None, "b"), (3, "c")]
    assert [row.n for row in _csv(quick, text, {"mode": "DROPMALFORMED"}, schema).collect()] == [1, 3]
    with pytest.raises(PySparkException, match=r"MALFORMED_RECORD.*x\.csv.*'x,b'"):
        _csv(quick, text, {"mode": "FAILFAST"}, schema).collect()
    corrupt = _csv(quick, "n,s\n1,a\nx,b\n4\n", {}, schema + ", _corrupt_record string").collect()
    assert [tuple(row) for row in corrupt] == [(1, "a", None), (None, "b", "x,b"), (4, None, "4")]


def test_dates_and_times_are_read_by_their_patterns(quick: Any) -> None:
    given = {"dateFormat": "dd/MM/yyyy", "timestampFormat": "yyyy-MM-dd HH:mm"}
    frame = _csv(quick, "d,t\n31/12/2023,2023-12-31 23:59\n", given, "d date, t timestamp")
    assert tuple(frame.first()) == (datetime.date(2023, 12, 31), datetime.datetime(2023, 12, 31, 23, 59))


def test_an_unknown_option_is_warned_about_and_one_that_would_change_the_answer_is_refused(
    quick: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    _csv(quick, "a\n1\n", {"nulValue": "x"}).count()
    assert "nulValue is no option for reading csv" in (said := capsys.readouterr().err)
    assert "nullvalue" in said
    with pytest.raises(PySparkException, match=r"lineSep.*choose Apache Spark"):
        _csv(quick, "a\n1\n", {"lineSep": "x"}).count()


def test_files_whose_columns_stand_in_another_order_are_warned_about(
    quick: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("orders").mkdir()
    Path("orders/1.csv").write_text("a,b\n1,2\n")
    Path("orders/2.csv").write_text("b,a\n4,3\n")
    assert sorted(tuple(row) for row in quick.read.option("header", True).csv("orders").collect()) == [
        ("1", "2"),
        ("4", "3"),
    ]
    assert "The header of 2.csv is b, a" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["x[1].csv", "a b.csv", "a%20b.csv", "a#b.csv", "q'x.csv", "한글.csv", "z.csv.gz"])
def test_any_name_of_a_file_is_read_as_it_is_written(quick: Any, name: str) -> None:
    text = b"v\n7\n"
    assert _csv(quick, gzip.compress(text) if name.endswith("gz") else text, {}, name=name).first().v == "7"


@pytest.fixture(scope="module")
def partitioned(quick: Any) -> str:
    for year, month, value in (("1", "01", 10), ("2", "02", 20), ("__HIVE_DEFAULT_PARTITION__", "x", 30)):
        folder = Path(f"pt/y={year}/m={month}")
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(f"v\n{value}\n")
    return "pt"


def _rows(frame: Any) -> list[tuple[Any, ...]]:
    return sorted((tuple(row) for row in frame.collect()), key=repr)


def test_partition_values_have_types_and_the_null_partition_is_null(quick: Any, partitioned: str) -> None:
    reader = quick.read.option("header", True).option("inferSchema", True)
    frame = reader.csv(partitioned)
    assert frame.dtypes == [("v", "int"), ("y", "int"), ("m", "string")]
    assert _rows(frame) == [(10, 1, "01"), (20, 2, "02"), (30, None, "x")]
    assert _rows(frame.filter("y = 1")) == [(10, 1, "01")]
    assert reader.csv("pt/y=1").dtypes == [("v", "int"), ("m", "int")]


def test_globs_over_partitions_read_what_they_name(quick: Any, partitioned: str) -> None:
    reader = quick.read.option("header", True)
    assert _rows(reader.csv("pt/*/*")) == [("10",), ("20",), ("30",)]
    assert _rows(reader.csv("pt/y={1,2}/m=0[12]")) == [("10",), ("20",)]
    assert _rows(reader.csv("pt/y=[!1]*/*/*.csv")) == [("20",), ("30",)]
    assert _rows(reader.option("basePath", "pt").csv("pt/y=*/m=01")) == [("10", 1, 1)]
    with pytest.raises(PySparkException, match="basePath"):
        quick.read.option("header", True).csv("pt/y=*").count()


def test_hidden_files_and_folders_below_are_no_part_of_a_folder(quick: Any) -> None:
    Path("hid/sub").mkdir(parents=True)
    for name in ("a.csv", "_b.csv", ".c.csv", "sub/d.csv"):
        (Path("hid") / name).write_text("v\n1\n")
    reader = quick.read.option("header", True)
    assert reader.csv("hid").count() == 1
    assert reader.option("recursiveFileLookup", True).csv("hid").count() == 2


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "orc"])
def test_an_empty_folder_has_no_columns_to_guess(quick: Any, form: str) -> None:
    Path("nothing_in_it").mkdir(exist_ok=True)
    with pytest.raises(PySparkException, match=r"UNABLE_TO_INFER_SCHEMA.*\.schema"):
        quick.read.format(form).load("nothing_in_it").count()
    assert quick.read.schema("a int").format(form).load("nothing_in_it").collect() == []


JSON: list[tuple[str, dict[str, str], list[tuple[str, str]], list[tuple[Any, ...]]]] = [
    ('{"b":1,"a":"x"}\n{"c":2.5,"a":null}\n', {}, [("a", S), ("b", "bigint"), ("c", D)],
     [("x", 1, None), (None, None, 2.5)]),
    ('{"a":1}\n{"a":"two"}\n{"a":3.5}\n', {}, [("a", S)], [("1",), ("two",), ("3.5",)]),
    ('{"a":1}\n{"a":\n{"a":3}\n', {}, [("_corrupt_record", S), ("a", "bigint")],
     [(None, 1), ('{"a":', None), (None, 3)]),
    ('{"a":1}\n{"a":\n', {"mode": "DROPMALFORMED"}, [("a", "bigint")], [(1,)]),
    ('[\n {"a": 1, "b": "x"},\n {"a": 2, "b": null}\n]', {"multiLine": "true"}, [("a", "bigint"), ("b", S)],
     [(1, "x"), (2, None)]),
    ('{"a":1}\n{"a":{"b":2}}\n', {}, [("a", S)], [("1",), ('{"b":2}',)]),
    ('{"a":12345678901234567890}\n{"a":1}\n', {}, [("a", "decimal(20,0)")],
     [(Decimal("12345678901234567890"),), (Decimal(1),)]),
    ("{'a':'x'}\n", {}, [("a", S)], [("x",)]),
    ('{"a":1}\n\n  \n{"a":2}\n', {}, [("a", "bigint")], [(1,), (2,)]),
    ('{"a":{},"b":[],"c":null}\n', {}, [("b", "array<string>"), ("c", S)], [([], None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "given", "types", "rows"), JSON)
def test_json_has_the_types_and_values_of_apache_spark(
    quick: Any, text: str, given: dict[str, str], types: list[tuple[str, str]], rows: list[tuple[Any, ...]]
) -> None:
    Path("x.json").write_text(text)
    frame = quick.read.options(**given).json("x.json")
    assert frame.dtypes == types
    assert [tuple(row) for row in frame.collect()] == rows


def test_parquet_is_read_as_pandas_writes_it(quick: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stamps = pd.to_datetime(["2024-01-05 10:11:12.123456789", "2024-01-05 00:00:00.0"])
    columns = {
        "c": pd.Categorical(["x", "y"]),
        "u": pd.Series([1, 200], dtype="uint8"),
        "big": pd.Series([1, 2**63], dtype="uint64"),
        "ns": pd.Series(stamps).dt.as_unit("ns"),
    }
    pd.DataFrame(columns).to_parquet("pandas.parquet")
    frame = quick.read.parquet("pandas.parquet")
    assert _types(frame) == [S, "smallint", "decimal(20,0)", "timestamp_ntz"]
    first = datetime.datetime(2024, 1, 5, 10, 11, 12, 123456)
    assert tuple(frame.first()) == ("x", 1, Decimal(1), first)
    assert frame.collect()[1][:3] == ("y", 200, Decimal(2**63))
    assert "The column ns of pandas.parquet has nanoseconds" in capsys.readouterr().err


def test_text_and_bytes_of_files_are_read_once(quick: Any) -> None:
    Path("t.txt").write_bytes(b"a\n\nb\r\nc")
    assert [row.value for row in quick.read.text("t.txt").collect()] == ["a", "", "b", "c"]
    assert quick.read.text("t.txt", wholetext=True).first().value == "a\n\nb\r\nc"
    Path("large.bin").write_bytes(b"x" * 30_000_000)
    assert [row.length for row in quick.read.format("binaryFile").load("large.bin").collect()] == [30_000_000]


def test_csv_is_written_as_apache_spark_writes_it(quick: Any) -> None:
    values = """(1, 'a', 1.5D, 1.10BD, true, date'2024-01-02', timestamp'2024-01-02 03:04:05'),
        (2, '', 1e10D, 0BD, false, null, timestamp'2024-01-02 03:04:05.123456'),
        (3, null, double('NaN'), null, null, null, null), (5, 'q"q', double('inf'), 1BD, true, null, null),
        (4, 'x,y', 1e-7D, 12.30BD, true, null, null), (7, ' p ', 12345678D, 1BD, true, null, null)"""
    frame = quick.sql(f"SELECT * FROM VALUES {values} AS t(i, s, d, n, b, dt, ts)").coalesce(1)
    frame.write.option("header", True).csv("written")
    (path,) = Path("written").glob("*.csv")
    assert path.read_text().splitlines() == [
        "i,s,d,n,b,dt,ts",
        "1,a,1.5,1.10,true,2024-01-02,2024-01-02T03:04:05.000Z",
        '2,"",1.0E10,0.00,false,,2024-01-02T03:04:05.123Z',
        "3,,NaN,,,,",
        '5,"q\\"q",Infinity,1.00,true,,',
        '4,"x,y",1.0E-7,12.30,true,,',
        "7,p,1.2345678E7,1.00,true,,",
    ]
    frame.filter("i < 4").select("i", "s", "dt").write.options(
        sep=";", nullValue="NA", emptyValue="E", dateFormat="dd/MM/yyyy"
    ).csv("given")
    (path,) = Path("given").glob("*.csv")
    assert path.read_text().splitlines() == ["1;a;02/01/2024", "2;E;NA", "3;NA;NA"]


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "orc"])
def test_a_frame_without_rows_replaces_what_was_there_and_keeps_its_columns(quick: Any, form: str) -> None:
    name = f"emptied.{form}"
    write = quick.range(3).write.format(form)
    (write.option("header", True) if form == "csv" else write).save(name)
    write = quick.range(3).filter("id > 9").write.mode("overwrite").format(form)
    (write.option("header", True) if form == "csv" else write).save(name)
    if form != "json":
        read = quick.read.format(form)
        again = (read.option("header", True) if form == "csv" else read).load(name)
        assert again.columns == ["id"]
        assert again.count() == 0


def test_json_and_orc_come_back_as_they_were_written(quick: Any) -> None:
    frame = quick.sql("SELECT 1 i, 1e10D d, array(1, 2) l, named_struct('a', 'x') s, timestamp'2024-01-02 03:04:05' t")
    frame.write.json("back.json")
    (path,) = Path("back.json").glob("*.json")
    assert path.read_text() == '{"i":1,"d":1.0E10,"l":[1,2],"s":{"a":"x"},"t":"2024-01-02T03:04:05.000Z"}\n'
    frame.write.orc("back.orc")
    assert quick.read.orc("back.orc").collect() == frame.collect()


def _avro_length(text: bytes) -> bytes:
    return bytes([(2 * len(text)) & 0x7F | 0x80, (2 * len(text)) >> 7])


def _avro(kinds: dict[str, Any], rows: list[bytes]) -> bytes:
    """An Avro file of rows that are encoded already; it may have up to 63 of them, in 8,191 bytes."""
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    schema, mark, body = (
        json.dumps({"type": "record", "name": "r", "fields": fields}).encode(),
        b"0123456789abcdef",
        b"".join(rows),
    )
    head = b"Obj\x01\x02\x16avro.schema" + _avro_length(schema) + schema + b"\x00" + mark
    return head + bytes([2 * len(rows)]) + _avro_length(body) + body + mark


def test_avro_is_read_with_the_types_of_apache_spark(quick: Any) -> None:
    day, number = (
        {"type": "int", "logicalType": "date"},
        {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2},
    )
    kinds = {
        "n": "int",
        "t": ["null", "string"],
        "day": day,
        "price": number,
        "two": {"type": "fixed", "name": "f", "size": 2},
    }
    rows = [b"\x02\x02\x02x\x04\x04\x30\x39ab", b"\x04\x00\x02\x02\x01cd"]
    Path("typed.avro").write_bytes(_avro(kinds, rows))
    frame = quick.read.format("avro").load("typed.avro")
    assert frame.schema.simpleString() == "struct<n:int,t:string,day:date,price:decimal(5,2),two:binary>"
    assert [tuple(row) for row in frame.orderBy("n").collect()] == [
        (1, "x", datetime.date(1970, 1, 3), Decimal("123.45"), b"ab"),
        (2, None, datetime.date(1970, 1, 2), Decimal("0.01"), b"cd"),
    ]
    Path("enum.avro").write_bytes(_avro({"e": {"type": "enum", "name": "e", "symbols": ["A"]}}, [b"\x00"]))
    with pytest.raises(PySparkException, match="fastavro"):
        quick.read.format("avro").load("enum.avro").collect()
