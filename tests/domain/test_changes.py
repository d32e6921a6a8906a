"""Changes as other processes are told of them."""

from handloom.domain.changes import Change, packed, unpacked


def runs(count: int, name: str = "run") -> list[Change]:
    return [Change(noun="runs", workspace="w", id=f"{name} {n}", parent="0") for n in range(count)]


def test_changes_come_out_as_they_went_in_each_once() -> None:
    made = [*runs(3), Change(noun="tokens", workspace="", id="t", parent="kim"), *runs(2)]
    (text,) = packed(made, 1_000, 8)
    assert unpacked(text) == made[:4]
    assert packed([], 1_000, 8) == []


def test_no_text_is_longer_than_it_may_be() -> None:
    made = runs(500, "모델")
    texts = packed(made, 1_000, 100)
    assert len(texts) > 10
    assert max(map(len, texts)) <= 1_000
    assert [change for text in texts for change in unpacked(text)] == made


def test_very_many_changes_name_their_lists_but_every_token() -> None:
    tokens = [Change(noun="tokens", workspace="", id=str(n), parent="kim") for n in range(3)]
    texts = packed([*runs(5_000), *tokens], 1_000, 8)
    assert [change for text in texts for change in unpacked(text)] == [Change(noun="runs", workspace="w"), *tokens]


def test_a_name_that_fits_in_no_text_is_left_out() -> None:
    (text,) = packed([Change(noun="models", workspace="w", id="x" * 5_000)], 1_000, 8)
    assert unpacked(text) == [Change(noun="models", workspace="w")]
