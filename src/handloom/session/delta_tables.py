"""`DeltaTable` of delta-spark without its JVM package: merge, update, delete, history, ...

Each call is translated to one SQL statement for the session's engine.
"""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import Any

from handloom.session import lakehouse
from handloom.session.column_sql import literal, quoted, text_of

_numbers = count(1)
_PARQUET = re.compile(r"\s*parquet\s*\.\s*`(?P<path>[^`]+)`\s*", re.IGNORECASE)
_REFUSED = {
    "generate": "read the table with deltalake.DeltaTable(path).file_uris(), which lists its files",
    "upgradeTableProtocol": "create the table again: tables are written with the protocol that their features need",
    "addFeatureSupport": "create the table again with the properties of the feature",
    "dropFeatureSupport": "create the table again without the feature",
    "clone": "write a copy with table.toDF().write.format('delta').saveAsTable(...)",
    "cloneAtVersion": "read the version with option('versionAsOf', n) and write it with saveAsTable(...)",
    "cloneAtTimestamp": "read the version with option('timestampAsOf', time) and write it with saveAsTable(...)",
}
Values = dict[str, Any]
"""Column name -> SQL text or Column."""


class DeltaTableError(ValueError):
    """The table does not exist or is not a Delta table."""


class DeltaTable:
    """A Delta table by name or path. Conditions can refer to it by its `alias`."""

    def __init__(self, spark: Any, target: str, name: str = "") -> None:
        self._spark = spark
        self._target = target
        self._alias = name

    @classmethod
    def forName(cls, sparkSession: Any, tableOrViewName: str) -> DeltaTable:  # noqa: N802, N803 - delta-spark's names
        """Return a table of the catalog. Raises DeltaTableError if it does not exist."""
        if not sparkSession.catalog.tableExists(tableOrViewName):
            raise DeltaTableError(f"There is no table {tableOrViewName}.")
        return cls(sparkSession, ".".join(quoted(part.strip("`")) for part in tableOrViewName.split(".")))

    @classmethod
    def forPath(cls, sparkSession: Any, path: str, hadoopConf: Values | None = None) -> DeltaTable:  # noqa: N802, N803
        """Return the table in a folder. Raises DeltaTableError if the folder has none."""
        if not cls.isDeltaTable(sparkSession, path):
            raise DeltaTableError(f"{path} is not a Delta table.")
        return cls(sparkSession, f"delta.{quoted(_absolute(path))}")

    @classmethod
    def isDeltaTable(cls, sparkSession: Any, identifier: str) -> bool:  # noqa: N802, N803
        """Whether a folder is a Delta table."""
        if "://" in _absolute(identifier):
            return bool(sparkSession.read.format("delta").load(identifier).columns)
        return (Path(_absolute(identifier)) / "_delta_log").is_dir()

    @classmethod
    def create(cls, sparkSession: Any) -> DeltaTableBuilder:  # noqa: N803
        return DeltaTableBuilder(sparkSession, "CREATE TABLE")

    @classmethod
    def createIfNotExists(cls, sparkSession: Any) -> DeltaTableBuilder:  # noqa: N802, N803
        return DeltaTableBuilder(sparkSession, "CREATE TABLE IF NOT EXISTS")

    @classmethod
    def createOrReplace(cls, sparkSession: Any) -> DeltaTableBuilder:  # noqa: N802, N803
        return DeltaTableBuilder(sparkSession, "CREATE OR REPLACE TABLE")

    @classmethod
    def replace(cls, sparkSession: Any) -> DeltaTableBuilder:  # noqa: N803
        return DeltaTableBuilder(sparkSession, "REPLACE TABLE")

    @classmethod
    def convertToDelta(  # noqa: N802
        cls,
        sparkSession: Any,  # noqa: N803
        identifier: str,
        partitionSchema: Any = None,  # noqa: N803
    ) -> DeltaTable:
        """Add a Delta log to a folder of Parquet files, named as ``parquet.`path` ``; the files stay as they are."""
        match = _PARQUET.fullmatch(identifier)
        if match is None:
            raise ValueError("convertToDelta takes a folder of Parquet files: convertToDelta(spark, 'parquet.`path`').")
        if isinstance(partitionSchema, str):
            partitionSchema = sparkSession.client._analyze("ddl_parse", ddl_string=partitionSchema).parsed  # noqa: N806
        convert(Path(_absolute(match["path"])), partitionSchema)
        return cls.forPath(sparkSession, match["path"])

    def alias(self, aliasName: str) -> DeltaTable:  # noqa: N803
        return DeltaTable(self._spark, self._target, aliasName)

    def toDF(self) -> Any:  # noqa: N802
        """Return the current table as a DataFrame."""
        frame = self._spark.sql(f"SELECT * FROM {self._target}")
        return frame.alias(self._alias) if self._alias else frame

    def delete(self, condition: Any = None) -> None:
        """Delete the rows that match the condition; all rows without one."""
        where = "" if condition is None else f" WHERE {self._text(condition)}"
        self._run(f"DELETE FROM {self._with_alias()}{where}")

    def update(self, condition: Any = None, set: Values | None = None) -> None:
        """Set columns of the rows that match the condition; of all rows without one."""
        if isinstance(condition, dict) and set is None:
            condition, set = None, condition  # noqa: A001
        where = "" if condition is None else f" WHERE {self._text(condition)}"
        self._run(f"UPDATE {self._with_alias()} SET {self._assignments(set)}{where}")

    def merge(self, source: Any, condition: Any) -> DeltaMergeBuilder:
        """Merge a DataFrame into this table; add clauses, then `execute`."""
        return DeltaMergeBuilder(self, source, self._text(condition))

    def history(self, limit: int | None = None) -> Any:
        """Return the table's versions, newest first, as a DataFrame."""
        frame = self._spark.sql(f"DESCRIBE HISTORY {self._target}")
        return frame if limit is None else frame.limit(limit)

    def detail(self) -> Any:
        """Return one row about the table: format, location, partition columns, files, bytes."""
        return self._spark.sql(f"DESCRIBE DETAIL {self._target}")

    def optimize(self) -> DeltaOptimizeBuilder:
        return DeltaOptimizeBuilder(self._spark, self._target)

    def vacuum(self, retentionHours: float | None = None) -> Any:  # noqa: N803
        """Delete files that no version of the last `retentionHours` (168 by default) needs."""
        retain = "" if retentionHours is None else f" RETAIN {retentionHours:g} HOURS"
        return self._spark.sql(f"VACUUM {self._target}{retain}")

    def restoreToVersion(self, version: int) -> Any:  # noqa: N802
        """Restore the table to the content of a version, as a new version."""
        return self._spark.sql(f"RESTORE TABLE {self._target} TO VERSION AS OF {int(version)}")

    def restoreToTimestamp(self, timestamp: str) -> Any:  # noqa: N802
        """Restore the table like `restoreToVersion`, to a time such as '2026-01-31 12:00:00'."""
        return self._spark.sql(f"RESTORE TABLE {self._target} TO TIMESTAMP AS OF {literal(timestamp)}")

    def __getattr__(self, name: str) -> Any:
        if name in _REFUSED:
            raise NotImplementedError(f"DeltaTable.{name} is not available here. Instead, {_REFUSED[name]}.")
        raise AttributeError(f"DeltaTable has no {name}.")

    def _with_alias(self) -> str:
        return f"{self._target} AS {quoted(self._alias)}" if self._alias else self._target

    def _text(self, value: Any) -> str:
        return text_of(value, self._spark.client)

    def _assignments(self, values: Values | None) -> str:
        if not values:
            raise ValueError("Name at least one column to set.")
        return ", ".join(f"{_column(name)} = {self._text(value)}" for name, value in values.items())

    def _run(self, statement: str) -> None:
        self._spark.sql(statement).collect()


class DeltaMergeBuilder:
    """Builder of a MERGE statement. Clauses apply in the order in which they are added."""

    def __init__(self, table: DeltaTable, source: Any, condition: str) -> None:
        self._table = table
        self._source = source
        self._condition = condition
        self._clauses: list[str] = []
        self._verb = "MERGE INTO"

    def whenMatchedUpdate(self, condition: Any = None, set: Values | None = None) -> DeltaMergeBuilder:  # noqa: N802
        return self._add("MATCHED", condition, f"UPDATE SET {self._table._assignments(set)}")

    def whenMatchedUpdateAll(self, condition: Any = None) -> DeltaMergeBuilder:  # noqa: N802
        return self._add("MATCHED", condition, "UPDATE SET *")

    def whenMatchedDelete(self, condition: Any = None) -> DeltaMergeBuilder:  # noqa: N802
        return self._add("MATCHED", condition, "DELETE")

    def whenNotMatchedInsert(self, condition: Any = None, values: Values | None = None) -> DeltaMergeBuilder:  # noqa: N802
        given = values or {}
        if not given:
            raise ValueError("Name at least one column to insert.")
        names = ", ".join(_column(name) for name in given)
        texts = ", ".join(self._table._text(value) for value in given.values())
        return self._add("NOT MATCHED", condition, f"INSERT ({names}) VALUES ({texts})")

    def whenNotMatchedInsertAll(self, condition: Any = None) -> DeltaMergeBuilder:  # noqa: N802
        return self._add("NOT MATCHED", condition, "INSERT *")

    def whenNotMatchedBySourceUpdate(  # noqa: N802
        self, condition: Any = None, set: Values | None = None
    ) -> DeltaMergeBuilder:
        return self._add("NOT MATCHED BY SOURCE", condition, f"UPDATE SET {self._table._assignments(set)}")

    def whenNotMatchedBySourceDelete(self, condition: Any = None) -> DeltaMergeBuilder:  # noqa: N802
        return self._add("NOT MATCHED BY SOURCE", condition, "DELETE")

    def withSchemaEvolution(self) -> DeltaMergeBuilder:  # noqa: N802
        """Let the merge add the source's other columns to the table, on the quick engine."""
        self._verb = "MERGE WITH SCHEMA EVOLUTION INTO"
        return self

    def execute(self) -> None:
        """Run the merge. Nothing is written before this call."""
        if not self._clauses:
            raise ValueError("A merge needs at least one whenMatched or whenNotMatched clause.")
        view = f"handloom_merge_{next(_numbers)}"
        alias = _alias_of(self._source)
        self._source.createOrReplaceTempView(view)
        source = f"{view} AS {quoted(alias)}" if alias else view
        try:
            clauses = " ".join(self._clauses)
            target = self._table._with_alias()
            self._table._run(f"{self._verb} {target} USING {source} ON {self._condition} {clauses}")
        finally:
            self._table._spark.catalog.dropTempView(view)

    def _add(self, kind: str, condition: Any, action: str) -> DeltaMergeBuilder:
        when = "" if condition is None else f" AND {self._table._text(condition)}"
        self._clauses.append(f"WHEN {kind}{when} THEN {action}")
        return self


class DeltaOptimizeBuilder:
    """`optimize()`: compact the files of a table, or of some partitions of it."""

    def __init__(self, spark: Any, target: str, where: str = "") -> None:
        self._spark, self._target, self._where = spark, target, where

    def where(self, partitionFilter: str) -> DeltaOptimizeBuilder:  # noqa: N803
        return DeltaOptimizeBuilder(self._spark, self._target, f" WHERE {partitionFilter}")

    def executeCompaction(self) -> Any:  # noqa: N802
        return self._spark.sql(f"OPTIMIZE {self._target}{self._where}")

    def executeZOrderBy(self, *columns: Any) -> Any:  # noqa: N802
        names = [name for column in columns for name in (column if isinstance(column, list | tuple) else [column])]
        order = ", ".join(quoted(name) for name in names)
        return self._spark.sql(f"OPTIMIZE {self._target}{self._where} ZORDER BY ({order})")


class DeltaTableBuilder:
    """Collects the parts of a CREATE TABLE statement."""

    def __init__(self, spark: Any, verb: str) -> None:
        self._spark, self._verb = spark, verb
        self._name = self._location = self._comment = ""
        self._columns: list[str] = []
        self._partitions: list[str] = []
        self._properties: list[str] = []

    def tableName(self, identifier: str) -> DeltaTableBuilder:  # noqa: N802
        self._name = identifier
        return self

    def location(self, location: str) -> DeltaTableBuilder:
        self._location = location
        return self

    def comment(self, comment: str) -> DeltaTableBuilder:
        self._comment = comment
        return self

    def addColumn(  # noqa: N802
        self,
        colName: str,  # noqa: N803
        dataType: Any = None,  # noqa: N803
        nullable: bool = True,
        generatedAlwaysAs: Any = None,  # noqa: N803
        generatedByDefaultAs: Any = None,  # noqa: N803
        comment: str | None = None,
    ) -> DeltaTableBuilder:
        if generatedAlwaysAs is not None or generatedByDefaultAs is not None:
            raise NotImplementedError("Generated columns are not available here: compute the column when writing.")
        kind = dataType if isinstance(dataType, str) else dataType.simpleString()
        required = "" if nullable else " NOT NULL"
        remark = f" COMMENT {literal(comment)}" if comment else ""
        self._columns.append(f"{quoted(colName)} {kind}{required}{remark}")
        return self

    def addColumns(self, cols: Any) -> DeltaTableBuilder:  # noqa: N802
        """Add the fields of a StructType."""
        for field in cols:
            self.addColumn(field.name, field.dataType, field.nullable)
        return self

    def partitionedBy(self, *cols: Any) -> DeltaTableBuilder:  # noqa: N802
        self._partitions += [name for col in cols for name in (col if isinstance(col, list | tuple) else [col])]
        return self

    def clusterBy(self, *cols: Any) -> DeltaTableBuilder:  # noqa: N802
        raise NotImplementedError(
            "Liquid clustering is not available here: use partitionedBy(...), or optimize().executeZOrderBy(...) later."
        )

    def property(self, key: str, value: str) -> DeltaTableBuilder:
        self._properties.append(f"{literal(key)} = {literal(value)}")
        return self

    def execute(self) -> DeltaTable:
        """Create the table. Raises the engine's error if it exists already."""
        if not self._name and not self._location:
            raise ValueError("The new table needs tableName(...) or location(...).")
        if not self._name:
            return self._create_folder()
        target = self._name
        parts = [f"{self._verb} {target} ({', '.join(self._columns)}) USING delta"]
        if self._partitions:
            parts.append(f"PARTITIONED BY ({', '.join(quoted(name) for name in self._partitions)})")
        if self._location and self._name:
            parts.append(f"LOCATION {literal(_absolute(self._location))}")
        if self._comment:
            parts.append(f"COMMENT {literal(self._comment)}")
        if self._properties:
            parts.append(f"TBLPROPERTIES ({', '.join(self._properties)})")
        self._spark.sql(" ".join(parts))
        return DeltaTable.forName(self._spark, self._name)

    def _create_folder(self) -> DeltaTable:
        """Create a table that has a folder and no name, by writing a frame without rows."""
        exists = DeltaTable.isDeltaTable(self._spark, self._location)
        if exists and self._verb.endswith("IF NOT EXISTS"):
            return DeltaTable.forPath(self._spark, self._location)
        if self._properties or self._comment or any(" NOT NULL" in column for column in self._columns):
            raise NotImplementedError(
                "A table without a name has no comment, properties or NOT NULL columns here: add tableName(...)."
            )
        schema = self._spark.client._analyze("ddl_parse", ddl_string=", ".join(self._columns)).parsed
        mode = "overwrite" if "REPLACE" in self._verb else "error"
        writer = self._spark.createDataFrame([], schema).write.format("delta").mode(mode)
        if mode == "overwrite":
            writer = writer.option("overwriteSchema", "true")
        if self._partitions:
            writer = writer.partitionBy(*self._partitions)
        writer.save(self._location)
        return DeltaTable.forPath(self._spark, self._location)


def configure_spark_with_delta_pip(spark_session_builder: Any, extra_packages: Any = None) -> Any:
    """Return the builder as it is: Delta is part of the session."""
    if extra_packages:
        raise NotImplementedError("Packages of the JVM cannot be added to a session: configure them for the engine.")
    return spark_session_builder


def convert(folder: Path, partitions: Any = None) -> None:
    """Add a Delta log to a folder of Parquet files. Raises DeltaTableError."""
    import deltalake
    from deltalake.exceptions import DeltaError

    if not any(folder.rglob("*.parquet")):
        raise DeltaTableError(f"There are no Parquet files in {lakehouse.name_of(folder)}.")
    by = deltalake.Schema.from_json(partitions.json()) if partitions is not None else None
    try:
        deltalake.convert_to_deltalake(
            str(folder),
            mode="ignore",
            partition_by=None if by is None else by,
            partition_strategy=None if by is None else "hive",
        )
    except (DeltaError, ValueError) as error:
        raise DeltaTableError(f"{lakehouse.name_of(folder)} cannot be converted: {error}") from error


def _absolute(path: str) -> str:
    """Return the absolute path, since SQL takes no relative ones; URIs are returned unchanged."""
    found = lakehouse.inside(path)
    if found is not None:
        return str(found)
    return path if "://" in path else str(Path.cwd() / path)


def _column(name: str) -> str:
    """Quote the name of a column to set: `t.name`, `name`, or one that has backquotes already."""
    return name if "`" in name or "." in name else quoted(name)


def _alias_of(frame: Any) -> str:
    """Return the name given with `DataFrame.alias`, or ""."""
    plan = getattr(frame, "_plan", None)
    return str(getattr(plan, "_alias", "")) if type(plan).__name__ == "SubqueryAlias" else ""
