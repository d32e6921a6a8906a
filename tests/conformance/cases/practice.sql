-- case: moving average over rows (ordered)
SELECT id, avg(pay) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS m FROM people ORDER BY id
-- case: sum over a range of numbers (ordered)
SELECT id, age, sum(id) OVER (ORDER BY age RANGE BETWEEN 6 PRECEDING AND CURRENT ROW) AS s FROM people ORDER BY id
-- case: sum over a range of time (ordered)
SELECT order_id, sum(amount) OVER (ORDER BY at RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW) AS s FROM orders WHERE at IS NOT NULL ORDER BY order_id
-- case: last value ignoring nulls (ordered)
SELECT id, last_value(pay) IGNORE NULLS OVER (ORDER BY id) AS l, first_value(country) OVER (PARTITION BY age ORDER BY id DESC) AS f FROM people ORDER BY id
-- case: nth value and lead with a default (ordered)
SELECT id, nth_value(name, 2) OVER (ORDER BY id) AS n, lead(age, 2, -1) OVER (ORDER BY id) AS l FROM people ORDER BY id
-- case: percent rank and cume_dist (ordered)
SELECT id, percent_rank() OVER (ORDER BY age NULLS LAST) AS p, cume_dist() OVER (ORDER BY age NULLS LAST) AS c, ntile(4) OVER (ORDER BY id) AS q FROM people ORDER BY id
-- case: named windows (ordered)
SELECT id, rank() OVER w AS r, dense_rank() OVER w AS d FROM people WINDOW w AS (PARTITION BY country ORDER BY age DESC NULLS LAST) ORDER BY id
-- case: newest row of each group by qualify-like subquery (ordered)
SELECT person, order_id FROM (SELECT *, row_number() OVER (PARTITION BY person ORDER BY at DESC, order_id) AS n FROM orders) WHERE n = 1 ORDER BY person
-- case: share of a total
SELECT country, round(sum(pay) / sum(sum(pay)) OVER (), 4) AS share FROM people GROUP BY country
-- case: difference to the day before in days (ordered)
SELECT id, datediff(since, lag(since) OVER (ORDER BY since)) AS d FROM people ORDER BY id
-- case: sessions by gaps of time (ordered)
SELECT order_id, sum(CASE WHEN gap > 300 OR gap IS NULL THEN 1 ELSE 0 END) OVER (ORDER BY at) AS s FROM (SELECT order_id, at, unix_timestamp(at) - lag(unix_timestamp(at)) OVER (ORDER BY at) AS gap FROM orders WHERE at IS NOT NULL) ORDER BY order_id
-- case: windows of time in a group
SELECT window(at, '1 day').start AS day, count(*) AS n, sum(amount) AS s FROM orders GROUP BY window(at, '1 day')
-- case: sliding windows of time
SELECT window.start, window.end, count(*) AS n FROM orders WHERE at IS NOT NULL GROUP BY window(at, '12 hours', '6 hours')
-- case: pivot of sums
SELECT * FROM (SELECT person, kind, amount FROM orders) PIVOT (sum(amount) AS s FOR kind IN ('a', 'b' AS bee))
-- case: pivot of two aggregates
SELECT * FROM (SELECT country, age, pay FROM people) PIVOT (count(pay) AS n, max(pay) AS m FOR age IN (28, 34))
-- case: stack as unpivot
SELECT id, k, v FROM people LATERAL VIEW stack(2, 'age', cast(age AS double), 'pay', pay) AS k, v
-- case: rollup with grouping_id
SELECT country, age, grouping_id() AS g, count(*) AS n FROM people GROUP BY ROLLUP (country, age)
-- case: cube with grouping
SELECT country, grouping(country) AS g, sum(pay) AS s FROM people GROUP BY CUBE (country)
-- case: filter clause of aggregates
SELECT count(*) FILTER (WHERE age > 30) AS a, sum(pay) FILTER (WHERE country = 'US') AS b, avg(age) FILTER (WHERE age > 100) AS c FROM people
-- case: collect and sort
SELECT country, sort_array(collect_list(age)) AS l, sort_array(collect_set(age)) AS s, array_join(sort_array(collect_list(name)), '/') AS j FROM people GROUP BY country
-- case: max_by and min_by
SELECT max_by(name, pay) AS a, min_by(name, since) AS b, any_value(id) IS NOT NULL AS c FROM people
-- case: moments of a sample
SELECT round(stddev(pay), 6) AS a, round(stddev_pop(pay), 6) AS b, round(variance(age), 6) AS c, round(skewness(pay), 6) AS d, round(kurtosis(pay), 6) AS e FROM people
-- case: exact percentiles
SELECT percentile(pay, 0.5) AS a, percentile(pay, array(0.25, 0.75)) AS b, median(age) AS c, percentile_cont(0.9) WITHIN GROUP (ORDER BY pay) AS d, percentile_disc(0.9) WITHIN GROUP (ORDER BY pay) AS e FROM people
-- case: regression functions
SELECT round(regr_slope(pay, age), 6) AS a, round(regr_intercept(pay, age), 6) AS b, regr_count(pay, age) AS c, round(regr_r2(pay, age), 6) AS d, round(corr(pay, age), 6) AS e FROM people
-- case: histogram of numbers
SELECT histogram_numeric(age, 3) AS h FROM people
-- case: boolean aggregates
SELECT every(age > 20) AS a, some(age > 50) AS b, bool_and(pay > 0) AS c, count_if(pay > 900) AS d FROM people
-- case: bit aggregates
SELECT bit_and(id) AS a, bit_or(id) AS b, bit_xor(id) AS c FROM people
-- case: null handling in one line
SELECT id, coalesce(country, 'none') AS a, nvl2(pay, 1, 0) AS b, ifnull(age, 0) AS c, nullif(country, 'US') AS d, zeroifnull(pay) AS e, nullifzero(age - 28) AS f FROM people
-- case: nulls in joins
SELECT p.id, o.order_id FROM people p LEFT JOIN orders o ON p.id <=> o.person AND o.amount IS NOT NULL
-- case: anti join with nulls
SELECT id FROM people WHERE id NOT IN (SELECT person FROM orders WHERE person IS NOT NULL)
-- case: not in with a null
SELECT count(*) AS n FROM people WHERE id NOT IN (SELECT person FROM orders)
-- case: correlated subquery
SELECT id, (SELECT sum(amount) FROM orders WHERE person = people.id) AS s FROM people
-- case: exists subquery
SELECT id FROM people WHERE EXISTS (SELECT 1 FROM orders WHERE orders.person = people.id AND amount > 5)
-- case: lateral join
SELECT p.id, t.kind FROM people p, LATERAL (SELECT kind FROM orders o WHERE o.person = p.id ORDER BY order_id LIMIT 1) t
-- case: explode with position
SELECT id, pos, tag FROM nested LATERAL VIEW OUTER posexplode(tags) t AS pos, tag
-- case: explode a map and inline structs
SELECT id, key, value FROM nested LATERAL VIEW explode(counts) AS key, value
-- case: json rows to columns
SELECT j.a, j.b[0] AS b, get_json_object(s, '$.c.d') AS d FROM (SELECT s, from_json(s, 'a int, b array<string>') AS j FROM VALUES ('{"a": 1, "b": ["x"], "c": {"d": 2.5}}'), ('{"a": null}'), ('broken') AS t(s))
-- case: json tuple
SELECT t.s, a, b FROM VALUES ('{"a": "1", "b": {"c": 2}}') AS t(s) LATERAL VIEW json_tuple(s, 'a', 'b') AS a, b
-- case: parse a url and a query
SELECT parse_url('https://h.example/p/a?x=1&y=two#f', 'HOST') AS h, parse_url('https://h.example/p/a?x=1&y=two#f', 'QUERY', 'y') AS q
-- case: higher-order functions over a column
SELECT id, transform(tags, (t, i) -> concat(coalesce(t, '-'), i)) AS a, filter(tags, t -> t IS NOT NULL) AS b, exists(tags, t -> t = 'x') AS c, aggregate(map_values(counts), 0, (a, v) -> a + v) AS d FROM nested
-- case: decimals keep their scale
SELECT sum(amount) AS a, avg(amount) AS b, max(amount) * 2 AS c, sum(amount) / count(amount) AS d, round(avg(amount), 2) AS e FROM orders
-- case: integer and decimal division
SELECT 7 / 2 AS a, 7 div 2 AS b, 7 % 3 AS c, cast(7 AS decimal(5, 2)) / 3 AS d, 1.10 + 2.205 AS e
-- case: intervals of dates
SELECT date'2024-03-31' - INTERVAL 1 MONTH AS a, timestamp'2024-03-31 10:00:00' + INTERVAL '1 2:30' DAY TO MINUTE AS b, make_interval(0, 1, 0, 2) AS c
-- case: age in months and years
SELECT id, floor(months_between(date'2024-03-01', since)) AS m, year(since) AS y, date_trunc('quarter', since) AS q, last_day(since) AS l FROM people
-- case: calendar of days
SELECT explode(sequence(date'2024-02-27', date'2024-03-02')) AS d
-- case: times in another zone
SELECT from_utc_timestamp(at, 'America/New_York') AS a, date_format(from_utc_timestamp(at, 'Asia/Seoul'), 'yyyy-MM-dd HH:mm') AS b, hour(to_utc_timestamp(at, 'Europe/Paris')) AS c FROM orders
-- case: text of a date in several patterns
SELECT to_date('31.12.2024', 'dd.MM.yyyy') AS a, date_format(date'2024-12-31', 'E d MMM yyyy') AS b, to_timestamp('2024/12/31 23:59', 'yyyy/MM/dd HH:mm') AS c, unix_timestamp('2024-12-31', 'yyyy-MM-dd') AS d
-- case: cleaning of texts
SELECT trim(regexp_replace('  a  b   c ', '\\s+', ' ')) AS a, initcap(lower('JOHN o''NEIL')) AS b, split_part('a-b-c', '-', 2) AS c, regexp_count('a1b22', '\\d+') AS d, regexp_substr('a1b22', '\\d+') AS e
-- case: contains and starts with
SELECT id FROM people WHERE contains(lower(name), 'an') OR startswith(name, 'B') OR name ILIKE 'c%'
-- case: case with several conditions
SELECT id, CASE WHEN age < 30 THEN 'young' WHEN age < 50 THEN 'middle' WHEN age IS NULL THEN 'unknown' ELSE 'old' END AS g, if(pay > 1000, 'high', 'low') AS p, width_bucket(pay, 0, 4000, 4) AS w FROM people
-- case: with two tables and a union
WITH a AS (SELECT country, count(*) AS n FROM people GROUP BY country), b AS (SELECT 'all' AS country, sum(n) AS n FROM a) SELECT * FROM a UNION ALL SELECT * FROM b
-- case: except and intersect
SELECT country FROM people WHERE age > 30 EXCEPT SELECT country FROM people WHERE age < 30 INTERSECT SELECT 'KR'
-- case: distinct pairs
SELECT count(DISTINCT country, age) AS a, count(DISTINCT country) AS b, approx_count_distinct(country) AS c FROM people
-- case: order with nulls (ordered)
SELECT id FROM people ORDER BY country DESC NULLS LAST, age ASC NULLS FIRST, id DESC
-- case: limit and offset (ordered)
SELECT id FROM people ORDER BY id LIMIT 2 OFFSET 3
-- case: group by all
SELECT country, age, count(*) AS n FROM people GROUP BY ALL
-- case: struct in a group
SELECT struct(country, age) AS k, count(*) AS n FROM people GROUP BY struct(country, age)
-- case: select all but some
SELECT * EXCEPT (name, pay, since) FROM people
-- case: union by name of other types
SELECT 1 AS a, '2' AS b UNION ALL SELECT 2.5, NULL
-- case: values with types
SELECT * FROM VALUES (1, 'a', date'2024-01-01', 1.5, null), (2, 'b', null, 2, 'x') AS t(a, b, c, d, e)
-- case: try functions
SELECT try_cast('x' AS int) AS a, try_divide(1, 0) AS b, try_add(2147483647, 1) AS c, try_element_at(map('a', 1), 'b') AS d, try_to_number('1x', '99') AS e, try_to_timestamp('x') AS f
-- case: top words
SELECT word, count(*) AS n FROM (SELECT explode(split(lower('The cat and the hat and the bat'), ' ')) AS word) GROUP BY word HAVING count(*) > 1
-- case: deciles of a column
SELECT approx_percentile(id, array(0.1, 0.5, 0.9)) AS a, percentile_approx(pay, 0.5, 100) AS b FROM people
-- case: whole days and weeks between times
SELECT timestampdiff(DAY, timestamp'2024-01-01 09:00:00', timestamp'2024-03-01 08:59:59') AS a, datediff(DAY, timestamp'2024-03-01 08:59:59', timestamp'2024-01-01 09:00:00') AS b, timestampdiff(WEEK, timestamp'2024-01-01 09:00:00', timestamp'2024-01-08 08:59:59') AS c, timestampdiff(MONTH, timestamp'2024-01-31 09:00:00', timestamp'2024-02-29 23:00:00') AS d, timestampdiff(DAY, date'2024-01-01', date'2024-01-03') AS e
-- case: decimals beside a window (ordered)
SELECT order_id, amount / lag(amount) OVER (ORDER BY order_id) AS a, amount - first(amount) OVER (ORDER BY order_id) AS b, max(amount) OVER () * 2 AS c FROM orders ORDER BY order_id
-- case: nvl2 of several types
SELECT nvl2(1.5D, 1, 0) AS a, nvl2(null, 'x', 'y') AS b, nvl2('x', 1, 2.5) AS c, nvl2(date'2024-01-01', 1, null) AS d
-- case: regression count with a filter and a window
SELECT country, regr_count(pay, age) FILTER (WHERE age > 30) AS a FROM people GROUP BY country
