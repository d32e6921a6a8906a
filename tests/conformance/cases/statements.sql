-- case: create, insert and read a table
CREATE TABLE t1 (a INT, b STRING);
INSERT INTO t1 VALUES (1, 'x'), (2, NULL);
SELECT * FROM t1
-- case: create a table as a query
CREATE TABLE t2 AS SELECT id, name FROM people WHERE id < 3;
SELECT * FROM t2
-- case: create or replace a table twice fails without replace
CREATE TABLE t3 (a INT);
CREATE TABLE t3 (a INT)
-- case: create if not exists
CREATE TABLE t4 (a INT);
CREATE TABLE IF NOT EXISTS t4 (b INT);
SELECT * FROM t4
-- case: insert by name
CREATE TABLE t5 (a INT, b STRING);
INSERT INTO t5 (b, a) VALUES ('x', 1);
SELECT * FROM t5
-- case: insert a query
CREATE TABLE t6 (k STRING, v INT);
INSERT INTO t6 SELECT * FROM letters;
SELECT * FROM t6
-- case: insert overwrite
CREATE TABLE t7 (a INT);
INSERT INTO t7 VALUES (1), (2);
INSERT OVERWRITE t7 VALUES (3);
SELECT * FROM t7
-- case: insert overwrite of itself
CREATE TABLE t8 (a INT);
INSERT INTO t8 VALUES (1), (2);
INSERT OVERWRITE t8 SELECT a + 10 FROM t8;
SELECT * FROM t8
-- case: insert of a value that does not fit
CREATE TABLE t9 (a INT);
INSERT INTO t9 VALUES ('abc')
-- case: insert of too few columns
CREATE TABLE t10 (a INT, b INT);
INSERT INTO t10 VALUES (1)
-- case: partitioned table
CREATE TABLE t11 (a INT, p STRING) PARTITIONED BY (p);
INSERT INTO t11 VALUES (1, 'x'), (2, 'y'), (3, NULL);
SELECT * FROM t11 WHERE p = 'x' OR p IS NULL
-- case: names of tables without case
CREATE TABLE Mixed1 (A INT);
INSERT INTO MIXED1 VALUES (1);
SELECT a FROM mixed1
-- case: names of views without case
CREATE TEMPORARY VIEW MyView1 AS SELECT 1 AS X;
SELECT x FROM myview1
-- case: a literal that is the name of a view stays
CREATE TEMPORARY VIEW MyView2 AS SELECT 'MYVIEW2' AS x;
SELECT x, 'MYVIEW2' AS y FROM MYVIEW2 WHERE x = 'MYVIEW2'
-- case: replace a view
CREATE TEMPORARY VIEW v1 AS SELECT 1 AS a;
CREATE OR REPLACE TEMPORARY VIEW v1 AS SELECT 2 AS a;
SELECT * FROM v1
-- case: a lasting view
CREATE TABLE t12 (a INT);
INSERT INTO t12 VALUES (5);
CREATE VIEW v2 AS SELECT a * 2 AS b FROM t12;
SELECT * FROM v2
-- case: a view of a view
CREATE TEMPORARY VIEW v3 AS SELECT id FROM people;
CREATE TEMPORARY VIEW v4 AS SELECT max(id) AS m FROM v3;
SELECT * FROM v4
-- case: a created schema
CREATE SCHEMA s_one;
CREATE TABLE s_one.t (a INT);
INSERT INTO s_one.t VALUES (7);
SELECT * FROM s_one.t
-- case: drop the schema with its table
DROP SCHEMA s_one CASCADE
-- case: use a schema
CREATE SCHEMA IF NOT EXISTS s_two;
USE s_two;
SELECT current_schema() AS s
-- case: use database
CREATE DATABASE IF NOT EXISTS s_two;
USE DATABASE s_two;
SELECT current_database() AS s
-- case: drop that schema
DROP SCHEMA IF EXISTS s_two CASCADE
-- case: show tables like
CREATE TABLE shown_1 (a INT);
SHOW TABLES LIKE 'shown_*'
-- case: show columns
SHOW COLUMNS IN letters
-- case: show schemas like
CREATE SCHEMA IF NOT EXISTS s_three;
SHOW SCHEMAS LIKE 's_three'
-- case: drop schema three
DROP SCHEMA s_three
-- case: describe a view
DESCRIBE people
-- case: describe a table
CREATE TABLE t13 (a INT, b STRING COMMENT 'text');
DESCRIBE TABLE t13
-- case: describe a query
DESCRIBE QUERY SELECT 1 AS a, 'x' AS b
-- case: describe a function
DESCRIBE FUNCTION upper
-- case: show functions like
SHOW FUNCTIONS LIKE 'upper'
-- case: drop a table
CREATE TABLE t14 (a INT);
DROP TABLE t14;
SELECT * FROM t14
-- case: drop a missing table
DROP TABLE no_such_table
-- case: drop a missing table if exists
DROP TABLE IF EXISTS no_such_table
-- case: truncate
CREATE TABLE t15 (a INT);
INSERT INTO t15 VALUES (1);
TRUNCATE TABLE t15;
SELECT count(*) AS n FROM t15
-- case: rename a table
CREATE TABLE t16 (a INT);
INSERT INTO t16 VALUES (1);
ALTER TABLE t16 RENAME TO t17;
SELECT * FROM t17
-- case: add a column
CREATE TABLE t18 (a INT);
INSERT INTO t18 VALUES (1);
ALTER TABLE t18 ADD COLUMNS (b STRING);
SELECT * FROM t18
-- case: set a value
SET spark.sql.shuffle.partitions = 3
-- case: set and read back
SET handloom.mine = x;
SET handloom.mine
-- case: reset
RESET handloom.mine
-- case: cache and uncache
CREATE TEMPORARY VIEW v5 AS SELECT 1 AS a;
CACHE TABLE v5;
UNCACHE TABLE v5;
SELECT * FROM v5
-- case: refresh a table
CREATE TABLE t19 (a INT);
REFRESH TABLE t19
-- case: a variable
DECLARE OR REPLACE VARIABLE x1 INT DEFAULT 5;
SELECT x1 + 1 AS y
-- case: execute immediate
EXECUTE IMMEDIATE 'SELECT ? AS a' USING 5
-- case: an SQL function
CREATE TEMPORARY FUNCTION twice(x INT) RETURNS INT RETURN x * 2;
SELECT twice(4) AS y
-- case: explain names the plan
EXPLAIN SELECT 1
-- case: select from a path of parquet
INSERT OVERWRITE DIRECTORY '$FOLDER/p1' USING parquet SELECT 1 AS a, 'x' AS b;
SELECT * FROM parquet.`$FOLDER/p1`
-- case: select from a missing path
SELECT * FROM parquet.`$FOLDER/none`
-- case: a table on csv files
INSERT OVERWRITE DIRECTORY '$FOLDER/c1' USING csv OPTIONS (header 'true') SELECT 1 AS a, 'x' AS b;
CREATE TEMPORARY VIEW c1 USING csv OPTIONS (path '$FOLDER/c1', header 'true', inferSchema 'true');
SELECT * FROM c1
-- case: default value of a column
CREATE TABLE t20 (a INT, b INT DEFAULT 7);
INSERT INTO t20 (a) VALUES (1);
SELECT * FROM t20
-- case: three part name
SELECT * FROM spark_catalog.default.no_such_table
-- case: show create table fails for a view of this session
SHOW CREATE TABLE letters
-- case: show views
CREATE TEMPORARY VIEW v_listed AS SELECT 1 AS a;
SHOW VIEWS LIKE 'v_listed'
-- case: show table properties
CREATE TABLE t21 (a INT) TBLPROPERTIES ('k' = 'v');
SHOW TBLPROPERTIES t21 ('k')
-- case: comment on a table
CREATE TABLE t22 (a INT);
COMMENT ON TABLE t22 IS 'mine'
-- case: analyze a table
CREATE TABLE t23 (a INT);
ANALYZE TABLE t23 COMPUTE STATISTICS
-- case: two statements at once
SELECT 1; SELECT 2
-- case: current catalog
SHOW CATALOGS
-- case: show partitions
CREATE TABLE t24 (a INT, p INT) PARTITIONED BY (p);
INSERT INTO t24 VALUES (1, 10), (2, 20);
SHOW PARTITIONS t24
-- case: update of a table that cannot
CREATE TABLE t25 (a INT) USING parquet;
UPDATE t25 SET a = 1
-- case: create a table with bad names
CREATE TABLE t26 (`a b` INT, `한글` STRING);
INSERT INTO t26 VALUES (1, '값');
SELECT `a b`, `한글` FROM t26
-- case: types of a table
CREATE TABLE t27 (a TINYINT, b SMALLINT, c BIGINT, d FLOAT, e DECIMAL(12,3), f DATE, g TIMESTAMP, h BINARY, i BOOLEAN, j ARRAY<INT>, k MAP<STRING,INT>, l STRUCT<x:INT>);
INSERT INTO t27 VALUES (1, 2, 3, 1.5, 2.125, date'2024-01-02', timestamp'2024-01-02 03:04:05', X'41', true, array(1), map('a', 1), named_struct('x', 1));
SELECT * FROM t27
-- case: insert a double into a text
CREATE TABLE t28 (a STRING, b INT);
INSERT INTO t28 VALUES (1e7D, 1);
SELECT * FROM t28
-- case: insert doubles of a query into named columns
CREATE TABLE t29 (a STRING, b STRING);
INSERT INTO t29 (b, a) SELECT 'x', 2.5D;
SELECT * FROM t29
-- case: insert numbers and dates into a text
CREATE TABLE t30 (a STRING, b STRING, c STRING, d STRING);
INSERT INTO t30 VALUES (1, 1.50, date'2024-01-02', true);
SELECT * FROM t30
-- case: insert a timestamp into a text
CREATE TABLE t31 (a STRING);
INSERT INTO t31 VALUES (timestamp'2024-01-02 03:04:05');
SELECT * FROM t31
-- case: insert a double into a number
CREATE TABLE t32 (a DOUBLE, b STRING);
INSERT INTO t32 VALUES (1e7D, 'x');
SELECT * FROM t32
