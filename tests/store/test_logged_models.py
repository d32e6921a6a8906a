"""Logged models in a real database: from PENDING to READY, params, tags, metrics and searches."""

from collections.abc import Iterator
from math import isnan, nan
from pathlib import Path
from typing import Any

import pytest

from handloom.domain.errors import Invalid, NotFound
from handloom.domain.logged_models import LoggedModel
from handloom.domain.metrics import Metric
from handloom.store.engine.database import Database, Write
from handloom.store.experiments import rows as experiments
from handloom.store.metrics import rows as metrics
from handloom.store.models import logged as logged_models
from handloom.store.models import logged_search as logged_model_search
from handloom.store.models.logged_search import LoggedModelQuery, ModelOrder
from handloom.store.runs import rows as runs
from handloom.store.workspaces import tables as workspace_tables

WS, OTHER = "w1", "w2"
RUN = "a" * 32


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(database_url, tmp_path)
    database.write_now(_fill)
    yield database
    database.close()


def _fill(tx: Write) -> None:
    for workspace in (WS, OTHER):
        tx.connection.execute(
            workspace_tables.workspaces.insert().values(
                id=workspace, name=workspace, description="", capacity="this-machine", created_at=1, modified_at=1
            )
        )
        experiments.create_default(tx, workspace, None)


def made(database: Database, **given: Any) -> LoggedModel:
    return database.write_now(lambda tx: logged_models.create(tx, WS, "0", **given))


def logged(database: Database, *points: Metric) -> str:
    """A run that logged the points; its id."""

    def work(tx: Write) -> str:
        info = runs.create(tx, WS, "0").info
        for _ in range(2):  # a client's retry does no harm
            metrics.log(tx, info, points)
        return info.run_id

    return database.write_now(work)


def test_a_model_is_pending_until_it_is_finalized(database: Database) -> None:
    model = made(database, name="model", source_run_id=RUN, params={"a": "1"}, tags={"t": "x"})
    assert model.status == "LOGGED_MODEL_PENDING"
    assert model.artifact_uri == f"mlflow-artifacts:/0/models/{model.model_id}/artifacts"
    assert (model.experiment_id, model.params, model.tags) == ("0", {"a": "1"}, {"t": "x"})
    ready = database.write_now(lambda tx: logged_models.finalize(tx, WS, model.model_id, "LOGGED_MODEL_READY"))
    assert ready.status == "LOGGED_MODEL_READY"
    assert [m.model_id for m in database.read_now(lambda tx: logged_models.of_run(tx, WS, RUN))] == [model.model_id]


def test_a_model_without_a_name_gets_one(database: Database) -> None:
    assert made(database).name.count("-") == 2


def test_another_workspace_does_not_see_it(database: Database) -> None:
    model = made(database, name="model")
    with pytest.raises(NotFound, match="Logged model with ID"):
        database.read_now(lambda tx: logged_models.get(tx, OTHER, model.model_id))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: logged_models.remove(tx, OTHER, model.model_id))


def test_an_experiment_that_is_missing_or_deleted_takes_no_model(database: Database) -> None:
    with pytest.raises(NotFound, match="No Experiment with id=7 exists"):
        database.write_now(lambda tx: logged_models.create(tx, WS, "7"))
    with pytest.raises(Invalid):
        database.write_now(lambda tx: logged_models.create(tx, WS, "x"))
    database.write_now(lambda tx: experiments.delete_experiment(tx, WS, "0"))
    with pytest.raises(Invalid, match="must be in the 'active' state"):
        database.write_now(lambda tx: logged_models.create(tx, WS, "0"))


def test_a_deleted_model_is_found_only_by_those_who_ask(database: Database) -> None:
    model = made(database, name="model")
    database.write_now(lambda tx: logged_models.remove(tx, WS, model.model_id))
    with pytest.raises(NotFound):
        database.read_now(lambda tx: logged_models.get(tx, WS, model.model_id))
    assert database.read_now(lambda tx: logged_models.get(tx, WS, model.model_id, deleted=True)).deleted
    assert search(database) == []


def test_params_never_change(database: Database) -> None:
    model = made(database, name="model", params={"a": "1"})
    database.write_now(lambda tx: logged_models.log_params(tx, WS, model.model_id, {"a": "1", "b": "2"}))
    assert database.read_now(lambda tx: logged_models.get(tx, WS, model.model_id)).params == {"a": "1", "b": "2"}
    with pytest.raises(Invalid, match="Changing param values is not allowed"):
        database.write_now(lambda tx: logged_models.log_params(tx, WS, model.model_id, {"a": "2"}))


def test_tags_are_replaced_and_deleted(database: Database) -> None:
    model = made(database, name="model", tags={"a": "1"})
    database.write_now(lambda tx: logged_models.set_tags(tx, WS, model.model_id, {"a": "2", "b": "3"}))
    database.write_now(lambda tx: logged_models.delete_tag(tx, WS, model.model_id, "b"))
    assert database.read_now(lambda tx: logged_models.get(tx, WS, model.model_id)).tags == {"a": "2"}
    with pytest.raises(NotFound, match="No tag with key 'b' found"):
        database.write_now(lambda tx: logged_models.delete_tag(tx, WS, model.model_id, "b"))


def test_metrics_of_a_run_land_on_the_model_once(database: Database) -> None:
    model = made(database, name="model")
    run_id = logged(database, Metric("r2", 0.5, 1, 0, model.model_id, "d", "1"), Metric("x", nan, 1, 0, model.model_id))
    found = database.read_now(lambda tx: logged_models.get(tx, WS, model.model_id)).metrics
    assert [(m.key, m.dataset_name, m.run_id) for m in found] == [("r2", "d", run_id), ("x", "", run_id)]
    assert found[0].value == 0.5
    assert isnan(found[1].value)


def search(database: Database, filter: str = "", order_by: tuple[ModelOrder, ...] = (), **given: Any) -> list[str]:
    query = LoggedModelQuery(**({"experiment_ids": ["0"], "filter": filter, "order_by": order_by} | given))
    return database.read_now(lambda tx: [r.name for r in logged_model_search.search(tx, WS, query, limit=10)])


@pytest.fixture
def filled(database: Database) -> Database:
    for name, value in (("a", 0.1), ("b", 0.9), ("c", None)):
        model = made(database, name=name, params={"p": name}, tags={"t": name}, model_type="x" if value else "")
        if value is not None:
            logged(database, Metric("r2", value, 1, 0, model.model_id, f"d-{name}", "1"))
    return database


def test_models_are_found_by_attribute_metric_param_and_tag(filled: Database) -> None:
    assert search(filled, "name = 'a'") == ["a"]
    assert sorted(search(filled, "name IN ('a', 'c')")) == ["a", "c"]
    assert sorted(search(filled, "model_type != 'x' AND creation_timestamp > 5")) == ["c"]
    assert search(filled, "metrics.r2 > 0.5") == ["b"]
    assert search(filled, "params.p = 'a' AND tags.t LIKE 'a%'") == ["a"]
    assert search(filled, "NOT (metrics.r2 > 0.5 OR name = 'c')") == ["a"]
    assert sorted(search(filled, "metrics.r2 > 0.5 OR model_type != 'x'")) == ["b", "c"]
    assert search(filled, datasets=[("d-a", "")]) == ["a"]
    assert search(filled, "metrics.r2 > 0.5", datasets=[("d-a", "1")]) == []
    assert search(filled, experiment_ids=["1"]) == []
    assert search(filled, experiment_ids=[]) == []


def test_models_are_ordered_by_metric_with_missing_ones_last(filled: Database) -> None:
    assert search(filled, order_by=(ModelOrder("metrics.r2"),)) == ["a", "b", "c"]
    assert search(filled, order_by=(ModelOrder("metrics.r2", ascending=False),)) == ["b", "a", "c"]
    assert search(filled, order_by=(ModelOrder("metrics.r2", dataset_name="d-b"),))[0] == "b"
    assert search(filled, order_by=(ModelOrder("name", ascending=False),)) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("filter", "order"),
    [("nope = 'x'", None), ("metrics.r2 = 'x'", None), ("name < 'a'", None), ("", "params.p"), ("", "nope")],
)
def test_a_search_by_what_no_model_has_is_refused(filled: Database, filter: str, order: str | None) -> None:
    with pytest.raises(Invalid):
        search(filled, filter, (ModelOrder(order),) if order else ())
