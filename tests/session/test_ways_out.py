"""The ways out of Spark's errors that the page offers as buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyspark.errors import AnalysisException, UnsupportedOperationException

from handloom.client.session import RemoteSession
from handloom.session import attached, ways_out
from handloom.session.apache import errors
from handloom.session.attached import Attached
from handloom.session.engine import EngineError
from handloom.session.quick.reading import options, patterns


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the session use an engine of this kind."""

    def choose(kind: str) -> None:
        session = Attached(
            session="s", workspace="w", workspace_name="w", notebook=None, job=None, name="n", user="u",
            tracking_uri="", token="", mounts=(), autolog=False, cwd="/", engine={"kind": kind},
        )  # fmt: skip
        monkeypatch.setattr(attached, "_given", session)

    return choose


@pytest.mark.parametrize(
    ("kind", "error", "found"),
    [
        ("connect", EngineError("no answer"), {"retry": True, "engines": ["quick", "apache"]}),
        ("apache", EngineError("no Java"), {"retry": True, "engines": ["quick"]}),
        ("quick", EngineError("an address in the code"), {"retry": True, "engines": []}),
        ("quick", AnalysisException(f"No. {options.WAY_OUT}"), {"retry": False, "engines": ["apache"]}),
        ("quick", AnalysisException(f"No. {patterns.WAY_OUT}"), {"retry": False, "engines": ["apache"]}),
        (
            "apache",
            AnalysisException("No. Way out: run this cell on the quick engine."),
            {"retry": False, "engines": ["quick"]},
        ),
        ("apache", AnalysisException(f"No. {options.WAY_OUT}"), None),
        ("quick", UnsupportedOperationException("No such column."), None),
        ("quick", ValueError(options.WAY_OUT), None),
        ("quick", None, None),
    ],
)
def test_an_error_offers_what_its_words_name(
    on: Callable[[str], None], kind: str, error: BaseException | None, found: Any
) -> None:
    on(kind)
    assert ways_out.of(error) == found


def test_ways_out_of_apache_spark_lead_to_the_quick_engine(on: Callable[[str], None]) -> None:
    on("apache")
    named = [words for _, words in errors._WAYS_OUT if "quick engine" in words]
    assert len(named) > 2
    assert all(ways_out.of(AnalysisException(words)) == {"retry": False, "engines": ["quick"]} for words in named)


def test_a_refusal_of_a_session_carries_its_way_out(session: RemoteSession) -> None:
    ran = session.run("spark.readStream.format('rate').load().writeStream.start()", seconds=120)
    assert ran.error is not None
    kept = [output["data"].get(ways_out.MIME) for output in ran.outputs if "data" in output]
    assert kept == [{"retry": False, "engines": ["apache"]}]
    fine = session.run("print(spark.range(2).count())", seconds=120)
    assert [output["output_type"] for output in fine.outputs] == ["stream"]
