"""Names, states and limits of runs."""

import re

import pytest

from handloom.domain import runs
from handloom.domain.errors import Invalid


def test_a_run_without_a_name_gets_adjective_animal_number() -> None:
    assert re.fullmatch(r"[a-z]+-[a-z]+-\d{1,3}", runs.choose_name(None, None))


def test_a_name_and_its_tag_agree() -> None:
    assert runs.choose_name("a", None) == runs.choose_name(None, "a") == runs.choose_name("a", "a") == "a"
    with pytest.raises(Invalid, match="different values"):
        runs.choose_name("a", "b")


def test_a_status_is_known_by_name_or_number() -> None:
    assert runs.check_status("4") == runs.check_status("FAILED") == "FAILED"
    with pytest.raises(Invalid, match="FINISHED, KILLED"):
        runs.check_status("DONE")


def test_long_values_are_cut_and_long_keys_refused() -> None:
    assert len(runs.clean_param("p", "x" * 7_000)) == 6_000
    assert len(runs.clean_tag("t", "x" * 9_000)) == 8_000
    with pytest.raises(Invalid, match="'Param key' exceeds"):
        runs.clean_param("p" * 251, "x")
    with pytest.raises(Invalid, match=r"'params\[2\]\.key'"):
        runs.clean_param("a//b", "x", path="params[2]")


def test_one_request_logs_so_much_and_no_more() -> None:
    runs.check_batch(900, 50, 50)
    for counts, what in [
        ((1_001, 0, 0), "1000 metrics"),
        ((0, 101, 0), "100 params"),
        ((950, 50, 50), "1000 metrics, "),
    ]:
        with pytest.raises(Invalid, match=f"at most {what}"):
            runs.check_batch(*counts)


def test_a_param_is_given_once_in_a_request() -> None:
    runs.check_params_differ(["a", "b"])
    with pytest.raises(Invalid, match=r"\['a'\]"):
        runs.check_params_differ(["a", "b", "a"])
