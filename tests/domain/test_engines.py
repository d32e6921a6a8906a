"""The capacities file: which Spark Connect addresses may be chosen, and what is refused in it."""

from __future__ import annotations

import pytest

from handloom.domain.engines import parse_capacities, session_entry
from handloom.domain.errors import Invalid

GOOD = """
[cluster]
name = "Team"
url = "sc://spark.example.org:15003/;use_ssl=true"
token_env = "TEAM_TOKEN"
files = "s3://lake/{workspace}"
confs = { "spark.sql.shuffle.partitions" = "8" }
"""


def test_an_entry_has_its_token_from_the_environment() -> None:
    team = parse_capacities(GOOD, {"TEAM_TOKEN": "secret"})["cluster"]
    assert (team.name, team.token, team.host_and_port) == ("Team", "secret", ("spark.example.org", 15003))
    assert parse_capacities('[a]\nurl = "sc://here"', {})["a"].host_and_port == ("here", 15002)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (GOOD, "TEAM_TOKEN, which is not set"),
        ("[a]\nurl = 'http://x'", "sc://host:15002"),
        ("[a]\nurl = 'sc://x'\nport = 1", "port"),
        ("[quick]\nurl = 'sc://x'", "another name"),
        ("[a\n", "not valid TOML"),
        ("[a]\nname = 'x'", "url"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        parse_capacities(text, {})


def test_an_engine_that_is_not_offered_any_more_is_refused() -> None:
    assert session_entry("quick", {}) == {"kind": "quick", "id": "quick"}
    with pytest.raises(Invalid, match="Choose another one"):
        session_entry("gone", {})
