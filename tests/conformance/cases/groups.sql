-- case: having sum of ints above the largest int
SELECT k, sum(v) AS s FROM VALUES ('a', 2147483647), ('a', 1), ('b', 3) t(k, v) GROUP BY k HAVING sum(v) > 2147483647

-- case: having sum of bigints that overflows
SELECT k FROM VALUES ('a', 9223372036854775807L), ('a', 1L), ('b', 3L) t(k, v) GROUP BY k HAVING sum(v) > 5

-- case: having sum of bigints that overflows, and selects it
SELECT k, sum(v) FROM VALUES ('a', 9223372036854775807L), ('a', 1L), ('b', 3L) t(k, v) GROUP BY k HAVING sum(v) > 5

-- case: having sum of ints that overflow a bigint is right
SELECT k, sum(v) s FROM VALUES ('a', 1), ('a', 2) t(k, v) GROUP BY k HAVING s >= 3

-- case: having sum of decimals
SELECT k, sum(v) s FROM VALUES ('a', 1.10), ('a', 2.20) t(k, v) GROUP BY k HAVING sum(v) = 3.30

-- case: having sum of doubles
SELECT k, sum(v) s FROM VALUES ('a', 0.1D), ('a', 0.2D) t(k, v) GROUP BY k HAVING sum(v) = 0.3D

-- case: having a sum plus one that overflows
SELECT k FROM VALUES ('a', 9223372036854775807L) t(k, v) GROUP BY k HAVING sum(v) + 1 > 5

-- case: having a sum times two
SELECT k, sum(v) * 2 FROM VALUES ('a', 5), ('b', 1) t(k, v) GROUP BY k HAVING sum(v) * 2 > 5

-- case: having avg of ints
SELECT k, avg(v) FROM VALUES ('a', 5), ('a', 6), ('b', 1) t(k, v) GROUP BY k HAVING avg(v) = 5.5

-- case: having a division of sums
SELECT k FROM VALUES ('a', 5, 2), ('b', 1, 0) t(k, v, w) GROUP BY k HAVING sum(v) / sum(w) > 1

-- case: having round of a sum
SELECT k, round(sum(v), 2) FROM VALUES ('a', 1.005D), ('b', 1D) t(k, v) GROUP BY k HAVING round(sum(v), 2) = 1.01

-- case: having count distinct
SELECT k FROM VALUES ('a', 5), ('a', 5), ('b', 1), ('b', 2) t(k, v) GROUP BY k HAVING count(DISTINCT v) > 1

-- case: having without group by
SELECT sum(v) FROM VALUES (1), (2) t(v) HAVING sum(v) > 2

-- case: having sum in a subquery
SELECT * FROM (SELECT k, sum(v) s FROM VALUES ('a', 9223372036854775807L), ('a', 1L) t(k, v) GROUP BY k HAVING sum(v) < 5) q

-- case: order by sum that overflows (ordered)
SELECT k FROM VALUES ('a', 9223372036854775807L), ('a', 1L), ('b', 3L) t(k, v) GROUP BY k ORDER BY sum(v)

-- case: filter on a sum alias case
SELECT k, sum(v) AS total FROM VALUES ('a', 3), ('b', 4) t(k, v) GROUP BY k HAVING total > 3

-- case: comparison with a sum in select
SELECT sum(v) > 5 FROM VALUES (9223372036854775807L), (1L) t(v)

-- case: case with sums
SELECT CASE WHEN sum(v) > 5 THEN 'big' ELSE 'small' END c FROM VALUES (9223372036854775807L), (1L) t(v)

-- case: round with places from a column
SELECT round(x, n) r FROM VALUES (1.005D, 2) t(x, n)

-- case: round of a decimal with places from a column
SELECT round(x, n) r FROM VALUES (1.005, 2) t(x, n)

-- case: ceil with places from a column
SELECT ceil(x, n) r FROM VALUES (1.005D, 2) t(x, n)

-- case: floor with places from a column
SELECT floor(x, n) r FROM VALUES (1.005D, 2) t(x, n)

-- case: bround with places from a column
SELECT bround(x, n) r FROM VALUES (1.005D, 2) t(x, n)

-- case: round with places computed from constants
SELECT round(x, 1 + 1) r, round(x, cast('2' as int)) s FROM VALUES (1.005D) t(x)

-- case: bround of doubles with places
SELECT bround(x, 1) r, bround(x, 2) s FROM VALUES (1.25D), (1.35D), (2.675D), (0.125D), (-1.25D), (1e20D) t(x)

-- case: ceil and floor of doubles with places
SELECT ceil(x, 1) r, floor(x, 1) s FROM VALUES (1.25D), (-1.35D), (2.675D), (1e10D) t(x)

-- case: round of floats
SELECT round(cast(x as float), 1) r FROM VALUES (1.25D), (1.35D), (2.675D), (0.05D) t(x)

-- case: upper of a double column
SELECT upper(x) u, length(x) n FROM VALUES (1e7D), (1.5D), (1e-4D), (NULL) t(x)

-- case: concat of a double column
SELECT concat('v', x) u FROM VALUES (1.5D), (2D) t(x)

-- case: like of a double column
SELECT x FROM VALUES (1e7D), (15D) t(x) WHERE x LIKE '1%7'

-- case: double compared with text
SELECT x FROM VALUES (1e7D), (15D) t(x) WHERE x = '10000000'

-- case: union of double and text
SELECT 1e7D AS x UNION ALL SELECT 'a'

-- case: nulls first by default (ordered)
SELECT v FROM VALUES (2), (NULL), (1) t(v) ORDER BY v

-- case: nulls last when descending (ordered)
SELECT v FROM VALUES (2), (NULL), (1) t(v) ORDER BY v DESC

-- case: nulls last explicitly (ordered)
SELECT v FROM VALUES (2), (NULL), (1) t(v) ORDER BY v NULLS LAST

-- case: NaN is largest (ordered)
SELECT v FROM VALUES (double('NaN')), (double('Infinity')), (1D), (NULL), (double('-Infinity')) t(v) ORDER BY v

-- case: max and min with NaN
SELECT max(v) a, min(v) b, avg(v) c FROM VALUES (double('NaN')), (1D), (NULL) t(v)

-- case: group by NaN and zeros
SELECT v, count(*) n FROM VALUES (double('NaN')), (double('NaN')), (0.0D), (-0.0D) t(v) GROUP BY v

-- case: distinct of zeros
SELECT DISTINCT v FROM VALUES (0.0D), (-0.0D) t(v)

-- case: join on NaN
SELECT a.v FROM VALUES (double('NaN')) a(v) JOIN VALUES (double('NaN')) b(v) ON a.v = b.v

-- case: join on nulls
SELECT a.v, b.v w FROM VALUES (1), (NULL) a(v) FULL JOIN VALUES (1), (NULL) b(v) ON a.v = b.v

-- case: join on nulls safe
SELECT a.v FROM VALUES (1), (NULL) a(v) JOIN VALUES (1), (NULL) b(v) ON a.v <=> b.v

-- case: not in with null
SELECT v FROM VALUES (1), (2) t(v) WHERE v NOT IN (SELECT * FROM VALUES (1), (NULL))

-- case: left anti join with nulls
SELECT a.v FROM VALUES (1), (NULL), (3) a(v) LEFT ANTI JOIN VALUES (1), (NULL) b(v) ON a.v = b.v

-- case: using join columns
SELECT * FROM VALUES (1, 'a'), (2, 'b') a(id, x) FULL JOIN VALUES (2, 'c'), (3, 'd') b(id, y) USING (id)

-- case: natural join
SELECT * FROM VALUES (1, 'a') a(id, x) NATURAL JOIN VALUES (1, 'c') b(id, y)

-- case: string and int join
SELECT a.v FROM VALUES (1), (2) a(v) JOIN VALUES ('1'), ('x') b(v) ON a.v = b.v

-- case: window frames
SELECT v, sum(v) OVER (ORDER BY v ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) s, avg(v) OVER (ORDER BY v) a FROM VALUES (1), (2), (2), (4) t(v)

-- case: window range frame
SELECT v, sum(v) OVER (ORDER BY v RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) s FROM VALUES (1), (2), (2), (4) t(v)

-- case: window range over dates
SELECT d, count(*) OVER (ORDER BY d RANGE BETWEEN INTERVAL 2 DAYS PRECEDING AND CURRENT ROW) n FROM VALUES (date'2024-01-01'), (date'2024-01-02'), (date'2024-01-05') t(d)

-- case: lag lead with defaults and nulls
SELECT v, lag(v) OVER (ORDER BY v) a, lead(v, 2, -1) OVER (ORDER BY v) b FROM VALUES (1), (NULL), (3) t(v)

-- case: lag ignore nulls
SELECT k, lag(v) IGNORE NULLS OVER (ORDER BY k) a, last_value(v) IGNORE NULLS OVER (ORDER BY k) b FROM VALUES (1, 10), (2, NULL), (3, NULL), (4, 5) t(k, v)

-- case: first_value and nth_value
SELECT v, first_value(v) OVER (ORDER BY v DESC) a, nth_value(v, 2) OVER (ORDER BY v) b FROM VALUES (1), (2), (3) t(v)

-- case: ranks with ties and nulls
SELECT v, rank() OVER (ORDER BY v) r, dense_rank() OVER (ORDER BY v) d, percent_rank() OVER (ORDER BY v) p, cume_dist() OVER (ORDER BY v) c, ntile(2) OVER (ORDER BY v) n FROM VALUES (1), (1), (NULL), (3) t(v)

-- case: window min max of strings with nulls
SELECT k, v, max(v) OVER (PARTITION BY k) m, count(v) OVER (PARTITION BY k) c FROM VALUES ('a', 'x'), ('a', NULL), (NULL, 'y') t(k, v)

-- case: sum over window of bigints overflows
SELECT sum(v) OVER (ORDER BY k) s FROM VALUES (1, 9223372036854775807L), (2, 1L) t(k, v)

-- case: stddev of one row
SELECT stddev(v) a, variance(v) b, stddev_pop(v) c, skewness(v) d, kurtosis(v) e FROM VALUES (1) t(v)

-- case: stddev of none
SELECT stddev(v) a, sum(v) b, avg(v) c, count(v) d, max(v) e, collect_list(v) f FROM VALUES (1) t(v) WHERE v > 5

-- case: corr and covar
SELECT corr(a, b) r, covar_samp(a, b) s, covar_pop(a, b) p, regr_slope(a, b) m FROM VALUES (1, 2D), (2, 4D), (3, 5D) t(a, b)

-- case: corr of a constant
SELECT corr(a, b) r FROM VALUES (1, 2D), (1, 4D) t(a, b)

-- case: percentile and median
SELECT percentile(v, 0.25) a, median(v) b, percentile_cont(0.5) WITHIN GROUP (ORDER BY v) c, percentile_disc(0.5) WITHIN GROUP (ORDER BY v) d FROM VALUES (1), (2), (4), (10) t(v)

-- case: percentile of several
SELECT percentile(v, array(0.1, 0.9)) a FROM VALUES (1), (2), (4), (10) t(v)

-- case: mode
SELECT mode(v) a FROM VALUES (1), (2), (2) t(v)

-- case: mode of ties
SELECT mode(v) a FROM VALUES (2), (1) t(v)

-- case: max_by min_by with nulls
SELECT max_by(a, b) x, min_by(a, b) y FROM VALUES ('p', 1), ('q', NULL), ('r', 3) t(a, b)

-- case: first and last ignoring nulls
SELECT first(v, true) a, last(v, true) b, any_value(v, true) c FROM VALUES (NULL), (1), (2), (NULL) t(v)

-- case: collect_set sorted
SELECT sort_array(collect_set(v)) s, sort_array(collect_list(v)) l FROM VALUES (2), (1), (2), (NULL) t(v)

-- case: approx_count_distinct small
SELECT approx_count_distinct(v) n FROM VALUES (1), (2), (2), (NULL) t(v)

-- case: approx_count_distinct of a hundred
SELECT approx_count_distinct(id) n FROM range(100)

-- case: approx_count_distinct of ten thousand
SELECT approx_count_distinct(id) n FROM range(10000)

-- case: count_if, bool_and, every, some
SELECT count_if(v > 1) a, bool_and(v > 0) b, every(v > 1) c, some(v > 2) d, bool_or(v > 5) e FROM VALUES (1), (2), (NULL) t(v)

-- case: string_agg and listagg
SELECT listagg(v, ',') WITHIN GROUP (ORDER BY v) a, string_agg(v) WITHIN GROUP (ORDER BY v DESC) b FROM VALUES ('a'), ('b'), (NULL) t(v)

-- case: histogram_numeric
SELECT histogram_numeric(v, 3) h FROM VALUES (1), (2), (10) t(v)

-- case: bit aggregates
SELECT bit_and(v) a, bit_or(v) b, bit_xor(v) c FROM VALUES (3), (5) t(v)

-- case: aggregate filter
SELECT sum(v) FILTER (WHERE v > 1) a, count(*) FILTER (WHERE v > 5) b FROM VALUES (1), (2), (3) t(v)

-- case: grouping sets
SELECT a, b, sum(v) s, grouping_id(a, b) g FROM VALUES ('x', 'p', 1), ('x', 'q', 2), (NULL, 'p', 3) t(a, b, v) GROUP BY GROUPING SETS ((a, b), (a), ())

-- case: cube
SELECT a, b, sum(v) s FROM VALUES ('x', 'p', 1), ('y', 'q', 2) t(a, b, v) GROUP BY CUBE (a, b)

-- case: rollup with grouping
SELECT a, grouping(a) g, count(*) n FROM VALUES ('x'), (NULL) t(a) GROUP BY ROLLUP (a)

-- case: group by all
SELECT a, sum(v) s FROM VALUES ('x', 1), ('x', 2) t(a, v) GROUP BY ALL

-- case: group by ordinal and order by ordinal (ordered)
SELECT a, sum(v) s FROM VALUES ('x', 1), ('y', 2) t(a, v) GROUP BY 1 ORDER BY 2 DESC

-- case: pivot sql
SELECT * FROM VALUES (2023, 'a', 1), (2023, 'b', 2), (2024, 'a', 3) t(y, k, v) PIVOT (sum(v) FOR k IN ('a', 'b'))

-- case: pivot with two aggregates
SELECT * FROM VALUES (2023, 'a', 1), (2023, 'b', 2), (2024, 'a', 3) t(y, k, v) PIVOT (sum(v) AS s, avg(v) AS m FOR k IN ('a' AS x, 'b' AS z))

-- case: unpivot include nulls
SELECT * FROM VALUES (1, 10, NULL) t(id, a, b) UNPIVOT INCLUDE NULLS (v FOR k IN (a, b))

-- case: lateral view explode
SELECT id, x FROM VALUES (1, array('a','b')), (2, NULL) t(id, xs) LATERAL VIEW explode(xs) e AS x

-- case: lateral view outer explode
SELECT id, x FROM VALUES (1, array('a','b')), (2, NULL) t(id, xs) LATERAL VIEW OUTER explode(xs) e AS x

-- case: posexplode outer
SELECT id, p, x FROM VALUES (1, array('a','b')), (2, array()) t(id, xs) LATERAL VIEW OUTER posexplode(xs) e AS p, x

-- case: explode of a map
SELECT explode(map('a', 1, 'b', 2))

-- case: lateral join
SELECT a.v, s FROM VALUES (1), (2) a(v), LATERAL (SELECT a.v * 10 AS s)

-- case: recursive common table expression
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT n FROM r

-- case: intersect all and except all
SELECT * FROM VALUES (1), (1), (2) t(v) EXCEPT ALL SELECT * FROM VALUES (1) s(v)

-- case: intersect with nulls
SELECT * FROM VALUES (1), (NULL) t(v) INTERSECT SELECT * FROM VALUES (NULL), (2) s(v)

-- case: limit and offset (ordered)
SELECT id FROM range(10) ORDER BY id DESC LIMIT 3 OFFSET 2

-- case: correlated subquery
SELECT v, (SELECT max(w) FROM VALUES (1, 5), (1, 7) s(k, w) WHERE s.k = t.v) m FROM VALUES (1), (2) t(v)

-- case: exists subquery
SELECT v FROM VALUES (1), (2) t(v) WHERE EXISTS (SELECT 1 FROM VALUES (2) s(w) WHERE s.w = t.v)

-- case: scalar subquery of several rows
SELECT (SELECT v FROM VALUES (1), (2) t(v)) x

-- case: qualify
SELECT v FROM VALUES (1), (2) t(v) QUALIFY row_number() OVER (ORDER BY v DESC) = 1

-- case: select star except
SELECT * EXCEPT (b) FROM VALUES (1, 2) t(a, b)

-- case: tablesample rows
SELECT count(*) n FROM range(100) TABLESAMPLE (10 ROWS)

-- case: named window
SELECT v, sum(v) OVER w s FROM VALUES (1), (2) t(v) WINDOW w AS (ORDER BY v)

-- case: case insensitive columns
SELECT AbC FROM VALUES (1) t(abc)

-- case: alias used in the same select
SELECT v + 1 AS w, w * 2 AS x FROM VALUES (1) t(v)

-- case: pipe syntax
FROM VALUES (1), (2) t(v) |> WHERE v > 1 |> SELECT v * 2 AS w

-- case: parameters of types in a values list
SELECT * FROM VALUES (1, 'a'), (2.5, NULL) t(a, b)

-- case: values of int and text
SELECT * FROM VALUES (1), ('a') t(a)

-- case: sum of nothing by group
SELECT k, sum(v) s FROM VALUES ('a', CAST(NULL AS INT)) t(k, v) GROUP BY k

-- case: average of decimals
SELECT avg(v) a, sum(v) s FROM VALUES (1.10), (2.25), (3.33) t(v)

-- case: average of bigints that would overflow
SELECT avg(v) a FROM VALUES (9223372036854775807L), (9223372036854775807L) t(v)

-- case: average of dates' differences
SELECT avg(datediff(b, a)) d FROM VALUES (date'2024-01-01', date'2024-01-11'), (date'2024-01-01', date'2024-01-02') t(a, b)

-- case: sum of floats
SELECT sum(cast(v as float)) s FROM VALUES (0.1), (0.2) t(v)

-- case: sum of booleans
SELECT sum(v) s FROM VALUES (true) t(v)

-- case: sum of texts
SELECT sum(v) s, avg(v) a, max(v) m FROM VALUES ('1'), ('20'), ('3') t(v)

-- case: sum of texts that are no numbers
SELECT sum(v) s FROM VALUES ('1'), ('x') t(v)

-- case: min of texts and dates
SELECT min(v) a, max(d) b FROM VALUES ('b', date'2024-01-01'), ('a', date'2023-01-01') t(v, d)

-- case: concat of group
SELECT k, array_join(sort_array(collect_list(v)), '/') s FROM VALUES ('a', 'x'), ('a', 'y'), ('b', NULL) t(k, v) GROUP BY k

-- case: group by expression
SELECT year(d) y, count(*) n FROM VALUES (date'2024-01-01'), (date'2023-01-01') t(d) GROUP BY year(d)

-- case: date grouping by window
SELECT window.start s, count(*) n FROM VALUES (timestamp'2024-01-01 00:03:00'), (timestamp'2024-01-01 00:07:00') t(at) GROUP BY window(at, '5 minutes')

-- case: decimals by group
SELECT k, sum(v) * 1.1 a, sum(v) / count(*) b, round(avg(v), 2) c FROM VALUES ('a', 10.50), ('a', 0.99) t(k, v) GROUP BY k

-- case: percent of total
SELECT k, sum(v) * 100.0 / sum(sum(v)) OVER () p FROM VALUES ('a', 1), ('b', 2) t(k, v) GROUP BY k

-- case: percent with round
SELECT k, round(100 * sum(v) / sum(sum(v)) OVER (), 1) p FROM VALUES ('a', 1), ('b', 2) t(k, v) GROUP BY k

-- case: running difference
SELECT k, v - lag(v, 1, 0) OVER (ORDER BY k) d FROM VALUES (1, 10), (2, 15) t(k, v)

-- case: try_avg and try_sum
SELECT try_sum(v) s, try_avg(v) a FROM VALUES (9223372036854775807L), (1L) t(v)

-- case: date strings compared
SELECT d FROM VALUES (date'2024-01-01'), (date'2024-06-01') t(d) WHERE d >= '2024-03-01' AND d < '2024-12-31'

-- case: timestamp strings compared
SELECT at FROM VALUES (timestamp'2024-01-01 10:00:00') t(at) WHERE at > '2024-01-01'

-- case: between dates as texts
SELECT d FROM VALUES ('2024-01-01'), ('2024-06-01') t(d) WHERE to_date(d) BETWEEN '2024-05-01' AND '2024-07-01'

-- case: set a session variable
DECLARE OR REPLACE VARIABLE x INT DEFAULT 5;
SELECT x + 1 AS y
