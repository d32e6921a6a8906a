"""The texts of spans that searches look through."""

import json

from handloom.domain.spans import OTHER_TEXTS, texts_of


def test_texts_are_those_that_were_logged_without_quotes_of_json() -> None:
    span = {
        "name": "root",
        "attributes": [
            {"key": "mlflow.spanInputs", "value": {"string_value": json.dumps({"q": 'say "hi"\nnow', "n": [1, None]})}},
            {"key": "model", "value": {"string_value": json.dumps("small")}},
            {"key": "plain", "value": {"string_value": '"not json'}},
            {"key": "depth", "value": {"int_value": "3"}},
            {"key": "on", "value": {"bool_value": True}},
            {"key": "many", "value": {"array_value": {"values": [{"string_value": "a"}, {"double_value": 0.5}]}}},
            {"key": "none", "value": {}},
        ],
        "events": [{"name": "exception", "attributes": [{"key": "message", "value": {"string_value": "no\0answer"}}]}],
        "status": {"code": "STATUS_CODE_ERROR", "message": "broken"},
    }
    texts = texts_of(span)
    assert texts["mlflow.spanInputs"] == 'q\nsay "hi"\nnow\nn\n1\nnull'
    assert (texts["model"], texts["plain"], texts["depth"], texts["on"]) == ("small", '"not json', "3", "true")
    assert (texts["many"], texts["none"]) == ("a\n0.5", "null")
    others = texts[OTHER_TEXTS].splitlines()
    assert others == ["model", "plain", "depth", "on", "many", "none", "exception", "message", "no�answer", "broken"]


def test_a_text_of_json_that_is_nested_without_end_stays_as_it_is() -> None:
    deep = "[" * 100_000
    assert texts_of({"attributes": [{"key": "k", "value": {"string_value": deep}}]})["k"] == deep
