"""The search grammar: what MLflow's own clients write is read, and anything else is refused with its place."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handloom.domain.errors import Invalid
from handloom.domain.search import (
    EXPERIMENTS,
    RUNS,
    And,
    Comparison,
    Condition,
    Not,
    Or,
    Order,
    comparisons,
    parse_filter,
    parse_order,
)


def compare(entity: str, key: str, operator: str, value: object) -> Comparison:
    return Comparison(entity=entity, key=key, operator=operator, value=value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.rmse < 1", compare("metric", "rmse", "<", 1.0)),
        ("metric.m>=-1e3", compare("metric", "m", ">=", -1000.0)),
        ("metrics.`a b/c` != .5", compare("metric", "a b/c", "!=", 0.5)),
        ('metrics."a b" = 1', compare("metric", "a b", "=", 1.0)),
        ("params.p = 'x'", compare("param", "p", "=", "x")),
        ('parameters.p != "it\'s"', compare("param", "p", "!=", "it's")),
        ("tags.mlflow.user LIKE '%a_'", compare("tag", "mlflow.user", "LIKE", "%a_")),
        ("tags.한글 ILIKE '값%'", compare("tag", "한글", "ILIKE", "값%")),
        ("tags.`x`IS NULL", compare("tag", "x", "IS NULL", None)),
        ("params.p is not null", compare("param", "p", "IS NOT NULL", None)),
        ("status = 'FINISHED'", compare("attribute", "status", "=", "FINISHED")),
        ("attributes.`Run name` = 'a'", compare("attribute", "run_name", "=", "a")),
        ("created > 5", compare("attribute", "start_time", ">", 5)),
        ("attr.end_time <= 1.5", compare("attribute", "end_time", "<=", 1.5)),
        ("run_id IN ('a', 'b')", compare("attribute", "run_id", "IN", ("a", "b"))),
        ("run_id not in ('a')", compare("attribute", "run_id", "NOT IN", ("a",))),
        ("datasets.context = 'train'", compare("dataset", "context", "=", "train")),
    ],
)
def test_a_comparison_is_read(text: str, expected: Comparison) -> None:
    assert parse_filter(text, RUNS) == [expected]


def test_comparisons_are_joined_by_and_in_any_case() -> None:
    found = parse_filter("metrics.a > 1 and params.b = 'x'\n AND tags.c IS NULL AND", RUNS)
    assert [c.key for c in comparisons(found)] == ["a", "b", "c"]


A, B, C = (compare("metric", key, "=", 1.0) for key in "abc")
TEXT = {"a": "metrics.a = 1", "b": "metrics.b = 1", "c": "metrics.c = 1"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{a} OR {b}", [Or((A, B))]),
        ("{a} or {b} AND {c}", [Or((A, And((B, C))))]),
        ("({a} OR {b}) AND {c}", [Or((A, B)), C]),
        ("({a} AND {b}) AND {c}", [A, B, C]),
        ("({a})", [A]),
        ("(({a}))", [A]),
        ("NOT {a} AND {b}", [Not(A), B]),
        ("not ({a} AND {b})", [Not(And((A, B)))]),
        ("NOT NOT {a}", [A]),
        ("NOT({a})OR({b})", [Or((Not(A), B))]),
        ("{a} OR {b} AND", [Or((A, B))]),
    ],
)
def test_or_not_and_parentheses_join_comparisons(text: str, expected: list[Condition]) -> None:
    found = parse_filter(text.format(**TEXT), RUNS)
    assert found == expected
    assert [c.key for c in comparisons(found)] == [key for key in "abc" if f"{{{key}}}" in text]


def test_joined_comparisons_are_read_wherever_comparisons_are() -> None:
    assert parse_filter("name = 'a' OR NOT tags.t = 'b'", EXPERIMENTS) == [
        Or((compare("attribute", "name", "=", "a"), Not(compare("tag", "t", "=", "b"))))
    ]


@pytest.mark.parametrize("text", ["max(metrics.m) > 1", "MAX( metrics.`m` )>1", 'Max(metric."m") > 1'])
def test_the_best_value_of_a_metric_is_compared(text: str) -> None:
    best = Comparison(entity="metric", key="m", operator=">", value=1.0, best="max")
    assert parse_filter(text, RUNS) == [best]
    assert parse_filter(f"({text} AND {text})", RUNS) == [best, best]


def test_only_runs_have_a_best_value() -> None:
    for text in ("max(name) = 'a'", "max(tags.t) = 'a'"):
        with pytest.raises(Invalid, match="Invalid attribute key 'max'"):
            parse_filter(text, EXPERIMENTS)


def test_an_empty_filter_compares_nothing() -> None:
    assert parse_filter("  ", RUNS) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("metrics.a = 1 OR", "ends where an identifier was expected"),
        ("(metrics.a = 1 AND", "ends where an identifier was expected"),
        ("(metrics.a = 1", "ends where a closing parenthesis was expected"),
        ("metrics.a = 1)", r"only AND or OR may join comparisons \(at character 14\)"),
        ("(metrics.a = 1 metrics.b = 2)", r"or a parenthesis close them \(at character 16\)"),
        ("()", r"a comparison such as .* \(at character 2\)"),
        ("NOT", "ends where an identifier was expected"),
        ("metrics.a NOT = 1", r"IN was expected \(at character 15\)"),
        ("max(params.p) = '1'", r"max\(\) takes a metric, as in max\(metrics.rmse\), not the param 'p'"),
        ("avg(metrics.a) = 1", "Invalid attribute key 'avg'"),
        ("max(metrics.a = 1", "Invalid attribute key 'max'"),
        ("max metrics.a = 1", "Invalid attribute key 'max'"),
        ("(" * 14 + "metrics.a = 1" + ")" * 14, "can be nested at most 12 levels deep"),
        ("NOT " * 40 + "metrics.a = 1", "can be nested at most 12 levels deep"),
        (" AND ".join(["metrics.a = 1"] * 901), "can have at most 900 comparisons"),
        (f"run_id IN ({', '.join(['1'.join(chr(39) * 2)] * 10_001)})", "at most 10,000 values"),
        ("metrics.a BETWEEN 1 AND 2", r"an operator was expected \(at character 11\)"),
        ("metrics.a == 1", r"Expected numeric value type for metric. Found ="),
        ("metrics.a <> 1", r"Found >"),
        ("metrics.a = '1'", r"Expected numeric value type for metric. Found '1' \(at character 13\)"),
        ("metrics.a LIKE 'x'", "Invalid comparator 'LIKE' for metric 'a'"),
        ("params.p = 1", "Expected a quoted string value for param"),
        ("params.p > '1'", "Invalid comparator '>'"),
        ("params.p = 'it''s'", "only AND or OR may join"),
        ("params.p = 'x", r"the quote is never closed at character 12"),
        ("start_time = '5'", "Expected numeric value type for numeric attribute: start_time"),
        ("start_time IS NULL", "Invalid comparator 'IS NULL'"),
        ("lifecycle_stage = 'active'", "Invalid attribute key 'lifecycle_stage'"),
        ("experiment_id = '1'", "Invalid attribute key 'experiment_id'"),
        ("rmse < 1", "as in metrics.rmse"),
        ("foo.x = 1", "Invalid entity type 'foo'"),
        ("datasets.source = 'x'", "Invalid dataset key 'source'"),
        ("status IN ('a')", "Invalid comparator 'IN'"),
        ("run_id IN ()", "non-empty list"),
        ("run_id IN 'a'", "non-empty list"),
        ("run_id IN (1)", "ill-formed list"),
        ("metrics.a >", "ends where a value was expected"),
        ("metrics.a", "ends where an operator was expected"),
        ("'a';'b'", r"unexpected \";'b'\" at character 4"),
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        parse_filter(text, RUNS)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        assert isinstance(parse_filter(text, RUNS), list)


@given(
    st.text(st.characters(exclude_characters="`", exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(exclude_characters="'", exclude_categories=["Cs"])),
)
def test_any_key_and_value_can_be_quoted(key: str, value: str) -> None:
    assert parse_filter(f"tags.`{key}` != '{value}'", RUNS) == [compare("tag", key, "!=", value)]


def test_experiments_have_attributes_of_their_own() -> None:
    assert parse_filter("attribute.name LIKE 'a%'", EXPERIMENTS) == [compare("attribute", "name", "LIKE", "a%")]
    assert parse_filter("experiment_id IN ('1')", EXPERIMENTS) == [compare("attribute", "experiment_id", "IN", ("1",))]
    for wrong in ("attr.name = 'a'", "metrics.m = 1", "name IN ('a')", "experiment_id > '1'", "name IS NULL"):
        with pytest.raises(Invalid):
            parse_filter(wrong, EXPERIMENTS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metrics.m desc", Order(entity="metric", key="m", ascending=False)),
        ("  start_time  ", Order(entity="attribute", key="start_time", ascending=True)),
        ("attributes.Created ASC", Order(entity="attribute", key="start_time", ascending=True)),
        ("params.`a b` DESC", Order(entity="param", key="a b", ascending=False)),
        ("tags.x.y", Order(entity="tag", key="x.y", ascending=True)),
        ("duration DESC", Order(entity="attribute", key="duration", ascending=False)),
        ("max(metrics.m) DESC", Order(entity="metric", key="m", ascending=False, best="max")),
        ("min( metrics.`a b` )", Order(entity="metric", key="a b", ascending=True, best="min")),
    ],
)
def test_an_order_is_read(text: str, expected: Order) -> None:
    assert parse_order(text, RUNS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "max(params.p)",
        "max(metrics.m",
        "avg(metrics.m)",
        "metrics.m foo",
        "run name",
        "lifecycle_stage",
        "datasets.name",
        "metrics.m,",
    ],
)
def test_what_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_order(text, RUNS)


def test_experiments_have_no_order_by_tags() -> None:
    with pytest.raises(Invalid, match="cannot order by tags"):
        parse_order("tags.t", EXPERIMENTS)
