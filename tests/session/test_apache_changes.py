"""INSERT, UPDATE and DELETE of Delta tables on Apache Spark: the query that each statement becomes."""

from __future__ import annotations

import json

import pytest
from pyspark.errors import AnalysisException

from handloom.session.apache.changes import change, table_of

SCHEMA = json.dumps({"fields": [{"name": "Id", "type": "integer"}, {"name": "a b", "type": "string"}]})


def test_only_changes_of_rows_are_taken() -> None:
    assert table_of("UPDATE t SET a = 1") == "t"
    assert table_of(" insert into dbo.t (select 1);") == "dbo.t"
    assert table_of("DELETE FROM `my t` WHERE a = 'x'") == "`my t`"
    assert table_of("TRUNCATE TABLE t") == "t"
    assert table_of("SELECT * FROM t") is None
    assert table_of("INSERT INTO t PARTITION (p = 1) SELECT 1") is None
    assert table_of("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE") is None


def test_an_insert_casts_each_value_to_its_column() -> None:
    made = change("INSERT INTO t (`a b`) VALUES ('x, y')", "v", SCHEMA)
    assert not made.replaces
    assert made.query == (
        "SELECT CAST(NULL AS integer) AS `Id`, CAST(handloom_0 AS string) AS `a b` "
        "FROM (VALUES ('x, y')) AS handloom_rows(handloom_0)"
    )
    assert change("INSERT OVERWRITE TABLE t SELECT 1, 'b'", "v", SCHEMA).replaces


def test_an_update_keeps_the_rows_that_the_condition_does_not_meet() -> None:
    made = change(
        "UPDATE t AS x SET `a b` = concat('=', 'WHERE', CASE WHEN true THEN ',' END) WHERE Id IN (1, 2);", "v", SCHEMA
    )
    assert made.replaces
    assert made.query == (
        "SELECT `Id`, CASE WHEN coalesce(( Id IN (1, 2)), false) "
        "THEN CAST((concat('=', 'WHERE', CASE WHEN true THEN ',' END)) AS string) ELSE `a b` END AS `a b` FROM v AS x"
    )


def test_a_delete_keeps_rows_whose_condition_is_null() -> None:
    assert change("DELETE FROM dbo.t WHERE Id > 1", "v", SCHEMA).query == (
        "SELECT * FROM v AS `t` WHERE NOT coalesce((Id > 1), false)"
    )
    assert change("DELETE FROM t", "v", SCHEMA).query == "SELECT * FROM v AS `t` WHERE false"


def test_a_column_that_is_not_there_is_named() -> None:
    for sql in ("INSERT INTO t (other) VALUES (1)", "UPDATE t SET other = 1"):
        with pytest.raises(AnalysisException, match="other"):
            change(sql, "v", SCHEMA)
