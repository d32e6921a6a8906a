"""Page tokens."""

import base64

import pytest

from handloom.domain.errors import Invalid
from handloom.domain.pages import offset_of, page_of, token_of


def test_a_token_brings_back_its_offset_as_mlflow_writes_it() -> None:
    assert base64.b64decode(token_of(3)) == b'{"offset": 3}'
    assert offset_of(token_of(3)) == 3
    assert offset_of("") == offset_of(None) == 0


@pytest.mark.parametrize(
    "token", ["x", "!!!", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"a": 1}').decode()]
)
def test_any_other_token_is_refused(token: str) -> None:
    with pytest.raises(Invalid, match="page token"):
        offset_of(token)


def test_only_a_full_page_is_followed_by_another() -> None:
    assert page_of([1, 2, 3], 10, 2) == ([1, 2], token_of(12))
    assert page_of([1, 2], 10, 2) == ([1, 2], "")
