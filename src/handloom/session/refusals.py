"""SQL statements about Delta tables that no engine here has, and what does the same."""

from __future__ import annotations

import re

_REFUSED = (
    (
        re.compile(r"\s*ALTER\s+TABLE\s+\S+\s+(?:RENAME|DROP|CHANGE|ALTER|REPLACE)\s+COLUMNS?\b", re.I),
        "other names, types and comments of columns. Way out: write the table anew, as with "
        "spark.table('t').withColumnRenamed('a', 'b').write.mode('overwrite').option('overwriteSchema', 'true')"
        ".saveAsTable('t'); drop(...) and withColumn(...) are for other changes.",
    ),
    (
        re.compile(r"\s*COMMENT\s+ON\s+COLUMN\b", re.I),
        "comments on columns that are there. Way out: give them in CREATE TABLE, or comment on the table.",
    ),
    (
        re.compile(r"\s*SHOW\s+CREATE\s+TABLE\b", re.I),
        "SHOW CREATE TABLE. Way out: DESCRIBE TABLE EXTENDED has the columns, DESCRIBE DETAIL the rest.",
    ),
)


def of(sql: str) -> str:
    """What is not there, with the way out, as the end of "... does not have "; empty for other statements."""
    return next((words for pattern, words in _REFUSED if pattern.match(sql)), "")
