"""The rules for names, notebooks' documents, mounts and roles."""

import unicodedata

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handloom.domain.errors import Forbidden, Invalid
from handloom.domain.members import Role, require
from handloom.domain.mounts import validate
from handloom.domain.names import MAX_FILE_NAME_BYTES, MAX_NAME, clean_description, clean_file_name, clean_name
from handloom.domain.notebooks import check_timeout, empty, is_notebook
from handloom.domain.tokens import digest, new_text


@given(st.text(max_size=300))
def test_a_cleaned_name_is_taken_as_it_is(text: str) -> None:
    try:
        name = clean_name(text)
    except Invalid:
        return
    assert clean_name(name) == name
    assert 0 < len(name) <= MAX_NAME
    assert unicodedata.is_normalized("NFC", name)


@given(st.text(max_size=120))
def test_a_file_name_stays_in_its_folder(text: str) -> None:
    try:
        name = clean_file_name(text)
    except Invalid:
        return
    assert "/" not in name
    assert "\\" not in name
    assert "\x00" not in name
    assert not name.startswith(".")
    assert len(name.encode()) <= MAX_FILE_NAME_BYTES


def test_forms_of_one_name_are_one_name() -> None:
    name = "모델 훈련 및 비교 é"
    assert clean_name(unicodedata.normalize("NFD", name)) == clean_name(f"  {name}\t") == name


def test_a_description_may_be_long_but_not_endless() -> None:
    assert clean_description(" x ") == "x"
    assert len(clean_description("가" * 4000)) == 4000
    with pytest.raises(Invalid):
        clean_description("가" * 4001)


def test_a_new_notebook_is_one() -> None:
    assert is_notebook(empty())
    assert msgspec.json.decode(empty())["nbformat_minor"] == 5


@pytest.mark.parametrize("text", [b"", b"null", b"[]", b"{}", b'{"nbformat": "4", "cells": []}', b'{"nbformat": 4}'])
def test_what_is_no_notebook_is_none(text: bytes) -> None:
    assert not is_notebook(text)


def test_an_old_notebook_still_is_one() -> None:
    assert is_notebook(b'{"nbformat": 3, "worksheets": []}')


def test_a_session_may_live_for_ever_but_not_less_than_nothing() -> None:
    assert check_timeout(0) == 0
    for minutes in (-1, 10**6):
        with pytest.raises(Invalid):
            check_timeout(minutes)


@pytest.mark.parametrize(("prefix", "target"), [("", "x"), ("/data", "x"), ("s3://a", " "), ("a b://c", "x")])
def test_a_mount_needs_a_uri_and_a_target(prefix: str, target: str) -> None:
    with pytest.raises(Invalid):
        validate(prefix, target)


def test_each_role_may_what_the_ones_before_it_may() -> None:
    for role in Role:
        for needed in Role:
            if role.rank >= needed.rank:
                require(role, needed)
            else:
                with pytest.raises(Forbidden):
                    require(role, needed)
    with pytest.raises(Forbidden):
        require(None, Role.VIEWER)


def test_no_two_tokens_are_alike_and_none_is_kept_as_it_is() -> None:
    texts = {new_text() for _ in range(100)}
    assert len(texts) == 100
    assert all(text.startswith("hl_") and text not in digest(text) for text in texts)
