"""Whatever text a filter or an order is, it is understood or refused in words; nothing else comes out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from handloom.domain import logged_models, models, search, traces
from handloom.domain.errors import Invalid
from handloom.domain.grammar import Grammar

GRAMMARS: dict[str, Grammar] = {
    "runs": search.RUNS,
    "experiments": search.EXPERIMENTS,
    "logged models": logged_models.SEARCH,
    "models": models.MODELS,
    "versions": models.VERSIONS,
    "traces": traces.TRACES,
}

_WORDS_OF_ALL = """
    metrics metric params param parameters tags tag attributes attribute attr run datasets dataset name digest context
    status run_name run_id user_id start_time end_time created artifact_uri experiment_id creation_time version_number
    source_path m p AND and OR or NOT not IN in LIKE like ILIKE IS NULL null BETWEEN ASC DESC max min
"""
_WORDS = _WORDS_OF_ALL.split()
_MARKS = [
    "=",
    "!=",
    "==",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "(",
    ")",
    ",",
    ".",
    ";",
    "`",
    "'",
    '"',
    "--",
    "/*",
    "%",
    "_",
    "\\",
]
_VALUES = ["1", "-1e3", ".5", "1e999", "nan", "inf", "'a'", '"a"', "''", "'it''s'", "'\\'", "('a', 'b')", "()", "(1)"]
_KEYS = [
    "metrics.m",
    "params.`a b`",
    'tags."x.y"',
    "attributes.status",
    "datasets.name",
    "`run name`",
    "max(metrics.m)",
]

pieces = st.one_of(
    st.sampled_from(_WORDS),
    st.sampled_from(_MARKS),
    st.sampled_from(_VALUES),
    st.sampled_from(_KEYS),
    st.text(max_size=5),
    st.text(st.characters(exclude_categories=()), max_size=3),  # half pairs of UTF-16 too: JSON can say them
)
nearly = st.builds(
    lambda parts, gaps: "".join(part + gap for part, gap in zip(parts, gaps, strict=False)),
    st.lists(pieces, max_size=24),
    st.lists(st.sampled_from(["", " ", "  ", "\n", "\t", "\x00", "\u00a0"]), min_size=24, max_size=24),
)
comparisons = st.builds(
    "{} {} {}".format, st.sampled_from(_KEYS), st.sampled_from(_MARKS[:8]), st.sampled_from(_VALUES)
)
formulas = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("{} AND {}".format, inner, inner),
        st.builds("{} OR {}".format, inner, inner),
        st.builds("NOT {}".format, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=12,
)
texts = st.one_of(nearly, formulas, st.text(max_size=60))


def answers_in_words(work: Any) -> None:
    try:
        work()
        said = "understood"
    except Invalid as error:
        said = error.message.strip()
    assert said


@pytest.mark.parametrize("grammar", GRAMMARS)
@settings(max_examples=150, deadline=None, database=None)
@given(text=texts)
@example(text="(" * 5_000)
@example(text="NOT " * 5_000 + "metrics.m > 1")
@example(text="metrics.m > 1 AND " * 2_000 + "metrics.m > 1")
@example(text="metrics.m > 1 OR " * 2_000 + "metrics.m > 1")
@example(text="'" * 9_999)
@example(text="metrics." + "`" * 9_999)
@example(text="metrics.m = 1" + "0" * 5_000)
@example(text="run_id IN (" + "'a'," * 5_000 + "'a')")
@example(text="tags.`" + "a" * 50_000 + "` = '" + "%" * 50_000 + "'")
def test_any_text_is_a_filter_or_is_refused_in_words(grammar: str, text: str) -> None:
    answers_in_words(lambda: search.parse_filter(text, GRAMMARS[grammar]))


@pytest.mark.parametrize("grammar", GRAMMARS)
@settings(max_examples=100, deadline=None, database=None)
@given(text=texts)
def test_any_text_is_an_order_or_is_refused_in_words(grammar: str, text: str) -> None:
    answers_in_words(lambda: search.parse_order(text, GRAMMARS[grammar]))


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("grammar", GRAMMARS)
@settings(max_examples=20_000, deadline=None, database=None)
@given(text=texts)
def test_very_many_texts_are_filters_or_are_refused_in_words(grammar: str, text: str) -> None:
    answers_in_words(lambda: search.parse_filter(text, GRAMMARS[grammar]))
