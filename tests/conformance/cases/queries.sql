-- case: select star
SELECT * FROM letters
-- case: names of expressions
SELECT id + 1, upper(name), count(*) OVER (), CAST(age AS string), -id, NOT (id > 1), id IS NULL FROM people WHERE id = 1
-- case: names of functions
SELECT sum(v), avg(v), max(k), count(DISTINCT k), round(1.5), concat('a', k) FROM letters GROUP BY k HAVING k = 'b'
-- case: names of literals
SELECT 1, 'a', 1.5, NULL, true, date'2024-01-01', array(1), 2.0D
-- case: nulls first (ordered)
SELECT name FROM people ORDER BY name
-- case: nulls last when descending (ordered)
SELECT name FROM people ORDER BY name DESC
-- case: nulls as asked for (ordered)
SELECT age, id FROM people ORDER BY age ASC NULLS LAST, id DESC
-- case: order by position (ordered)
SELECT id, name FROM people ORDER BY 2 DESC NULLS LAST, 1
-- case: order by all (ordered)
SELECT k, v FROM letters ORDER BY ALL
-- case: limit and offset (ordered)
SELECT id FROM people ORDER BY id LIMIT 2 OFFSET 1
-- case: distinct
SELECT DISTINCT k FROM letters
-- case: group by all
SELECT country, count(*) AS n FROM people GROUP BY ALL
-- case: group by an alias
SELECT upper(country) AS c, count(*) AS n FROM people GROUP BY c
-- case: group by position
SELECT country, sum(pay) AS s FROM people GROUP BY 1
-- case: having without group by
SELECT count(*) AS n FROM people HAVING count(*) > 3
-- case: aggregates of nothing
SELECT count(*) AS c, sum(v) AS s, avg(v) AS a, max(v) AS m, collect_list(v) AS l FROM letters WHERE v > 100
-- case: count of columns and of several
SELECT count(v) AS a, count(k, v) AS b, count(DISTINCT k, v) AS c, count(1) AS d FROM letters
-- case: sum and average keep their types
SELECT sum(order_id) AS a, avg(order_id) AS b, sum(amount) AS c, avg(amount) AS d, max(amount) AS e FROM orders
-- case: filter clause
SELECT count(*) FILTER (WHERE age > 30) AS n, sum(pay) FILTER (WHERE country = 'KR') AS s FROM people
-- case: statistics
SELECT stddev(v) AS a, stddev_pop(v) AS b, variance(v) AS c, var_pop(v) AS d, skewness(v) AS e, kurtosis(v) AS f FROM letters
-- case: statistics of one row
SELECT stddev(v) AS a, variance(v) AS b, stddev_pop(v) AS c FROM letters WHERE v = 1
-- case: correlation
SELECT corr(id, pay) AS a, covar_pop(id, pay) AS b, covar_samp(id, pay) AS c, regr_slope(pay, id) AS d FROM people
-- case: median and percentile
SELECT median(v) AS a, percentile(v, 0.25) AS b, percentile(v, array(0.1, 0.9)) AS c FROM letters
-- case: percentile_approx
SELECT percentile_approx(v, 0.5) AS a, percentile_approx(v, array(0.25, 0.75)) AS b, approx_percentile(v, 0.1, 100) AS c FROM letters
-- case: percentile_cont and percentile_disc
SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY v) AS a, percentile_disc(0.25) WITHIN GROUP (ORDER BY v) AS b FROM letters
-- case: first, last and any_value
SELECT first(v) AS a, last(v) AS b, first(v, true) AS c, any_value(v) AS d FROM (SELECT * FROM letters WHERE v = 3)
-- case: max_by and min_by
SELECT max_by(name, pay) AS a, min_by(name, pay) AS b FROM people
-- case: mode
SELECT mode(k) AS m FROM letters WHERE k = 'b' OR k = 'a'
-- case: bool_and, every and some
SELECT bool_and(v > 0) AS a, every(v > 1) AS b, some(v > 4) AS c, bool_or(v IS NULL) AS d FROM letters
-- case: bit aggregates
SELECT bit_and(v) AS a, bit_or(v) AS b, bit_xor(v) AS c FROM letters
-- case: collect_set sorted
SELECT sort_array(collect_set(k)) AS s, sort_array(collect_list(v)) AS l FROM letters
-- case: listagg
SELECT listagg(k, ',') WITHIN GROUP (ORDER BY v) AS s FROM letters WHERE k IS NOT NULL
-- case: count_if
SELECT count_if(v > 1) AS n FROM letters
-- case: approx_count_distinct
SELECT approx_count_distinct(k) AS n FROM letters
-- case: histogram_numeric
SELECT histogram_numeric(v, 2) AS h FROM letters
-- case: try_sum and try_avg
SELECT try_sum(v) AS a, try_avg(v) AS b FROM letters
-- case: a sum of integers that overflows
SELECT sum(x) AS s FROM VALUES (9223372036854775807), (1) AS t(x)
-- case: a product that overflows
SELECT max(x * x) AS s FROM VALUES (3037000500L) AS t(x)
-- case: grouping sets
SELECT country, age, count(*) AS n FROM people GROUP BY GROUPING SETS ((country), (age), ())
-- case: rollup
SELECT country, name, sum(pay) AS s, grouping_id() AS g FROM people GROUP BY ROLLUP (country, name)
-- case: cube
SELECT k, v, count(*) AS n, grouping(k) AS g FROM letters GROUP BY CUBE (k, v)
-- case: inner join
SELECT p.name, o.amount FROM people p JOIN orders o ON p.id = o.person
-- case: left join
SELECT p.name, o.order_id FROM people p LEFT JOIN orders o ON p.id = o.person
-- case: right join
SELECT p.name, o.order_id FROM people p RIGHT JOIN orders o ON p.id = o.person
-- case: full join
SELECT p.id, o.order_id FROM people p FULL OUTER JOIN orders o ON p.id = o.person
-- case: semi join
SELECT id FROM people LEFT SEMI JOIN orders ON id = person
-- case: anti join
SELECT id FROM people LEFT ANTI JOIN orders ON id = person
-- case: cross join
SELECT count(*) AS n FROM people CROSS JOIN letters
-- case: join using
SELECT * FROM (SELECT k, v FROM letters) JOIN (SELECT k, v * 10 AS w FROM letters) USING (k)
-- case: natural join
SELECT * FROM (SELECT k FROM letters) NATURAL JOIN (SELECT k, v AS w FROM letters)
-- case: null safe join
SELECT a.k, b.v FROM letters a JOIN letters b ON a.k <=> b.k
-- case: not in with nulls
SELECT id FROM people WHERE id NOT IN (SELECT person FROM orders)
-- case: in a subquery
SELECT id FROM people WHERE id IN (SELECT person FROM orders)
-- case: exists
SELECT id FROM people p WHERE EXISTS (SELECT 1 FROM orders o WHERE o.person = p.id)
-- case: scalar subquery
SELECT id, (SELECT max(amount) FROM orders) AS m FROM people WHERE id = 1
-- case: correlated scalar subquery
SELECT id, (SELECT sum(amount) FROM orders o WHERE o.person = p.id) AS s FROM people p
-- case: a scalar subquery with two rows
SELECT (SELECT v FROM letters) AS s
-- case: union all
SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 1
-- case: union
SELECT k FROM letters UNION SELECT name FROM people
-- case: union of different types
SELECT 1 AS a UNION ALL SELECT 2.5 UNION ALL SELECT 3L
-- case: intersect
SELECT id FROM people INTERSECT SELECT person FROM orders
-- case: except
SELECT id FROM people EXCEPT SELECT person FROM orders
-- case: except all
SELECT k FROM letters EXCEPT ALL SELECT 'b'
-- case: common table expressions
WITH a AS (SELECT id, pay FROM people), b AS (SELECT * FROM a WHERE pay > 900) SELECT count(*) AS n FROM b
-- case: recursive
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n) AS s FROM t
-- case: values
SELECT * FROM VALUES (1, 'a'), (2, NULL) AS t(x, y)
-- case: range
SELECT id FROM range(2, 9, 3)
-- case: explode
SELECT id, explode(tags) AS tag FROM nested
-- case: explode_outer
SELECT id, explode_outer(tags) AS tag FROM nested
-- case: posexplode
SELECT id, posexplode(tags) FROM nested
-- case: explode a map
SELECT id, explode(counts) FROM nested
-- case: lateral view
SELECT id, tag FROM nested LATERAL VIEW explode(tags) t AS tag
-- case: lateral view outer
SELECT id, tag FROM nested LATERAL VIEW OUTER explode(tags) t AS tag
-- case: inline
SELECT inline(array(struct(1, 'a'), struct(2, 'b')))
-- case: stack
SELECT stack(2, 1, 'a', 2, 'b')
-- case: json_tuple
SELECT json_tuple('{"a":1,"b":"x"}', 'a', 'b', 'c')
-- case: lateral subquery
SELECT p.id, t.n FROM people p, LATERAL (SELECT count(*) AS n FROM orders o WHERE o.person = p.id) t
-- case: pivot
SELECT * FROM (SELECT country, age, pay FROM people) PIVOT (sum(pay) FOR country IN ('KR', 'US'))
-- case: unpivot
SELECT * FROM (SELECT id, age, cast(pay AS int) AS pay FROM people) UNPIVOT (value FOR what IN (age, pay))
-- case: struct and map access
SELECT point.q, counts['a'] AS a, tags[0] AS t, point.* FROM nested
-- case: lateral column alias
SELECT id + 1 AS a, a * 2 AS b FROM people WHERE id < 3
-- case: star except
SELECT * EXCEPT (pay, since) FROM people WHERE id = 1
-- case: backquoted name
SELECT 1 AS `a b`, 2 AS `2022 `, 3 AS `한글`
-- case: columns without case
SELECT ID, NaMe FROM PEOPLE WHERE iD = 1
-- case: an unknown column
SELECT nam FROM people
-- case: an unknown table
SELECT * FROM no_such_table
-- case: an unknown function
SELECT no_such_function(1)
-- case: an ambiguous column
SELECT id FROM people a JOIN people b ON a.id = b.id
-- case: a column that is not grouped
SELECT name, count(*) FROM people GROUP BY country
-- case: a syntax error
SELEC 1
-- case: a wrong number of arguments
SELECT substring('a')
-- case: row_number (ordered)
SELECT id, row_number() OVER (PARTITION BY country ORDER BY pay DESC, id) AS r FROM people ORDER BY id
-- case: rank and dense_rank (ordered)
SELECT id, rank() OVER (ORDER BY age) AS a, dense_rank() OVER (ORDER BY age) AS b, percent_rank() OVER (ORDER BY age) AS c, cume_dist() OVER (ORDER BY age) AS d FROM people ORDER BY id
-- case: lag and lead (ordered)
SELECT id, lag(id) OVER (ORDER BY id) AS a, lead(id, 2, -1) OVER (ORDER BY id) AS b FROM people ORDER BY id
-- case: lag that ignores nulls (ordered)
SELECT id, lag(name) IGNORE NULLS OVER (ORDER BY id) AS a FROM people ORDER BY id
-- case: ntile (ordered)
SELECT id, ntile(4) OVER (ORDER BY id) AS n FROM people ORDER BY id
-- case: running sum (ordered)
SELECT id, sum(id) OVER (ORDER BY age) AS a, sum(id) OVER (ORDER BY age ROWS UNBOUNDED PRECEDING) AS b FROM people WHERE id <> 6 AND id <> 2 ORDER BY id
-- case: rows between (ordered)
SELECT id, avg(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS a FROM people ORDER BY id
-- case: range between (ordered)
SELECT id, count(*) OVER (ORDER BY age RANGE BETWEEN 6 PRECEDING AND CURRENT ROW) AS n FROM people ORDER BY id
-- case: first_value and last_value (ordered)
SELECT id, first_value(name) OVER w AS a, last_value(name) OVER w AS b, nth_value(name, 2) OVER w AS c FROM people WINDOW w AS (ORDER BY id) ORDER BY id
-- case: collect_list over a window with nulls (ordered)
SELECT id, collect_list(name) OVER (ORDER BY id) AS l FROM people ORDER BY id
-- case: count over a window with nulls (ordered)
SELECT id, count(age) OVER (PARTITION BY country) AS n, max(age) OVER (PARTITION BY country) AS m FROM people ORDER BY id
-- case: qualify by a subquery
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY country ORDER BY id) AS r FROM people) WHERE r = 1
-- case: tumbling windows (ordered)
SELECT window.start, count(*) AS n FROM orders WHERE at IS NOT NULL GROUP BY window(at, '1 day') ORDER BY window.start
-- case: pipe syntax
FROM people |> WHERE age > 30 |> SELECT id
-- case: from first
FROM letters SELECT k WHERE v > 2
-- case: hints
SELECT /*+ BROADCAST(o) */ p.id FROM people p JOIN orders o ON p.id = o.person
-- case: comments
SELECT 1 /* one */ AS a -- two
-- case: named parameters are missing
SELECT :a
-- case: escapes in a string
SELECT 'a\'b\n\\' AS a, "dq" AS b, r'\n' AS c
-- case: table sample of all
SELECT count(*) AS n FROM people TABLESAMPLE (100 PERCENT)
-- case: group by an expression
SELECT v % 2 AS m, count(*) AS n FROM letters GROUP BY v % 2
-- case: case of strings in group by
SELECT lower(name) AS n, count(*) AS c FROM people GROUP BY lower(name)
-- case: decimals are summed exactly
SELECT sum(a) AS s, avg(a) AS m FROM VALUES (0.1), (0.2), (0.3) AS t(a)
-- case: division of decimals
SELECT a / b AS q, a * b AS p, a % b AS r, a + b AS s FROM VALUES (cast(10.25 AS decimal(10,2)), cast(3.7 AS decimal(6,3))) AS t(a, b)
-- case: NaN is the largest (ordered)
SELECT x FROM VALUES (1.0D), (double('NaN')), (double('Infinity')), (NULL) AS t(x) ORDER BY x
-- case: NaN in a group
SELECT x, count(*) AS n FROM VALUES (double('NaN')), (double('NaN')), (0.0D), (-0.0D) AS t(x) GROUP BY x
-- case: max of NaN
SELECT max(x) AS a, min(x) AS b FROM VALUES (1.0D), (double('NaN')) AS t(x)
-- case: dates compared with strings
SELECT id FROM people WHERE since >= '2020-02-01'
-- case: string compared with a number
SELECT id FROM people WHERE id = '2'
-- case: extract in a group (ordered)
SELECT year(since) AS y, count(*) AS n FROM people GROUP BY year(since) ORDER BY y
-- case: date parts of rows (ordered)
SELECT id, weekday(since) AS a, dayofweek(since) AS b, extract(DOW FROM since) AS c FROM people ORDER BY id
-- case: initcap of rows (ordered)
SELECT initcap(name) AS n, substring(name, -2) AS s FROM people ORDER BY id
-- case: an integer overflow in rows
SELECT id * 1000000000 AS x FROM people
-- case: a division by zero in rows
SELECT 1 / (id - 1) AS x FROM people
-- case: a cast that fails in rows
SELECT cast(name AS int) AS x FROM people
