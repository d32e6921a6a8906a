"""Which point is the latest, what is kept of a value, and what a chart loses."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handloom.domain.errors import Invalid
from handloom.domain.metrics import LARGEST, Metric, check, digests, kept, thin


def test_the_latest_point_has_the_greatest_step_then_time_then_value() -> None:
    points = [(1, "m", 5, 100, value, nan) for value, nan in [(1.0, False), (4.0, False), (0.0, False), (0.0, True)]]
    digest = digests(points)["m"]
    assert (digest.value, digest.is_nan) == (4.0, False)
    later = digests([*points, (1, "m", 5, 101, -7.0, False), (1, "m", 4, 999, 50.0, False)])["m"]
    assert (later.value, later.step, later.timestamp) == (-7.0, 5, 101)
    assert (later.min, later.max, later.count) == (-7.0, 50.0, 6)
    assert (digest.first, later.first) == ((5, 100), (4, 999))


def test_a_series_of_nothing_but_nan_has_no_extremes() -> None:
    digest = digests([(1, "m", 0, 0, 0.0, True), (1, "m", 1, 0, 0.0, True)])["m"]
    assert (digest.min, digest.max, digest.is_nan, digest.count) == (None, None, True, 2)


def test_infinities_are_kept_as_the_largest_numbers() -> None:
    assert [kept(v) for v in (1.5, math.inf, -math.inf)] == [(1.5, False), (LARGEST, False), (-LARGEST, False)]
    assert kept(math.nan) == (0.0, True)


@pytest.mark.parametrize("key", ["loss", "val/loss", "a b", "정확도", "a:b", "a.b-c_d", "x" * 250])
def test_a_key_that_could_be_a_file_is_taken(key: str) -> None:
    check(Metric(key, 1.0, 0, 0))


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("a//b", "This name would resolve to 'a/b'"),
        ("../a", "must not resolve"),
        ("/a", "must not resolve"),
        (".", "must not resolve"),
        ("a?", "Names may only contain"),
        ("a\nb", "Names may only contain"),
        ("x" * 251, "'Metric name' exceeds the maximum length of 250 characters"),
    ],
)
def test_a_key_that_could_not_is_refused(key: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        check(Metric(key, 1.0, 0, 0), path="metrics[3]")


def test_times_and_steps_have_bounds() -> None:
    check(Metric("m", 1.0, (1 << 63) - 1, -(1 << 63)))
    with pytest.raises(Invalid, match=r"Invalid value -1 for parameter 'metrics\[0\]\.timestamp'"):
        check(Metric("m", 1.0, -1, 0), path="metrics[0]")
    with pytest.raises(Invalid, match="for parameter 'step'"):
        check(Metric("m", 1.0, 0, 1 << 63))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(2, 60))
def test_a_thinned_series_keeps_its_ends_and_its_extremes(values: list[float], points: int) -> None:
    kept_at = list(thin(values, points))
    assert len(kept_at) <= points
    assert kept_at == sorted(set(kept_at))
    assert {0, len(values) - 1} <= set(kept_at)
    if points >= 4 or len(values) <= points:
        assert max(values) == max(values[at] for at in kept_at)
        assert min(values) == min(values[at] for at in kept_at)
