"""INSERT, UPDATE and DELETE of Delta tables on Apache Spark: the query that each statement becomes."""

from __future__ import annotations

import json

import pytest
from pyspark.errors import AnalysisException, ParseException

from handloom.session.apache import merging
from handloom.session.apache.changes import change, table_of

SCHEMA = json.dumps({"fields": [{"name": "Id", "type": "integer"}, {"name": "a b", "type": "string"}]})


def test_only_changes_of_rows_are_taken() -> None:
    assert table_of("UPDATE t SET a = 1") == "t"
    assert table_of(" insert into dbo.t (select 1);") == "dbo.t"
    assert table_of("DELETE FROM `my t` WHERE a = 'x'") == "`my t`"
    assert table_of("TRUNCATE TABLE t") == "t"
    assert table_of("SELECT * FROM t") is None
    assert table_of("INSERT INTO t BY NAME SELECT 1 AS Id") is None
    assert table_of("MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE") is None
    assert merging.parse("UPDATE t SET a = 1") is None


def test_an_insert_casts_each_value_to_its_column() -> None:
    made = change("INSERT INTO t (`a b`) VALUES ('x, y')", "v", SCHEMA)
    assert not made.replaces
    assert made.query == (
        "SELECT CAST(NULL AS integer) AS `Id`, CAST(handloom_0 AS string) AS `a b` "
        "FROM (VALUES ('x, y')) AS handloom_rows(handloom_0)"
    )
    assert change("INSERT OVERWRITE TABLE t SELECT 1, 'b'", "v", SCHEMA).replaces


def test_an_insert_into_a_partition_has_its_values() -> None:
    made = change("INSERT OVERWRITE t PARTITION (`a b` = 'x,)', Id) VALUES (1)", "v", SCHEMA)
    assert (made.replaces, made.reads, made.where) == (True, False, "`a b` <=> CAST('x,)' AS string)")
    assert "CAST(handloom_0 AS integer) AS `Id`, CAST('x,)' AS string) AS `a b`" in made.query


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


def test_a_merge_is_read_with_its_clauses() -> None:
    merge = merging.parse(
        "MERGE INTO dbo.`my t` USING (SELECT ')' AS Id) s ON s.Id = `my t`.Id "
        "WHEN MATCHED AND CASE WHEN true THEN 1 END = 1 THEN UPDATE SET `a b` = concat('WHEN', ',') "
        "WHEN NOT MATCHED BY TARGET THEN INSERT (Id) VALUES (s.Id) WHEN NOT MATCHED BY SOURCE THEN DELETE;"
    )
    assert merge is not None
    assert (merge.table, merge.alias, merge.source, merge.source_alias) == (
        "dbo.`my t`", "`my t`", "(SELECT ')' AS Id)", "`s`"
    )  # fmt: skip
    assert [(clause.kind, clause.condition, clause.action, clause.values) for clause in merge.clauses] == [
        ("matched", "CASE WHEN true THEN 1 END = 1", "UPDATE", {"a b": "concat('WHEN', ',')"}),
        ("inserted", "", "INSERT", {"id": "s.Id"}),
        ("unmatched", "", "DELETE", {}),
    ]


def test_a_merge_that_only_inserts_adds_rows() -> None:
    merge = merging.parse("MERGE INTO t USING s ON t.Id = s.Id WHEN NOT MATCHED THEN INSERT *")
    assert merge is not None
    made = merging.change(merge, "v", SCHEMA)
    assert (made.replaces, made.reads) == (False, True)
    assert "LEFT ANTI JOIN v AS `t`" in made.query


def test_a_merge_that_is_not_one_is_refused() -> None:
    for sql in ("MERGE INTO t USING s WHEN MATCHED THEN DELETE", "MERGE INTO t USING s ON true", "MERGE INTO t s"):
        with pytest.raises(ParseException, match="MERGE"):
            merging.parse(sql)
