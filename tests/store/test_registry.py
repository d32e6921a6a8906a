"""Registered models and versions in a real database: numbers, tags, aliases, stages, sources and searches."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from handloom.domain.changes import Change
from handloom.domain.errors import AlreadyExists, Invalid, NotFound
from handloom.domain.models import Version
from handloom.store.engine.database import Database, Write
from handloom.store.experiments import rows as experiments
from handloom.store.models import alias_history
from handloom.store.models import logged as logged_models
from handloom.store.models import rows as models
from handloom.store.models import search as registry_search
from handloom.store.models import versions as model_versions
from handloom.store.models.versions import NewVersion
from handloom.store.runs import tables as run_tables
from handloom.store.users import tables as user_tables
from handloom.store.workspaces import tables as workspace_tables

WS, OTHER, USER = "w1", "w2", "u1"
RUN = "a" * 32


@pytest.fixture
def database(database_url: str, tmp_path: Path) -> Iterator[Database]:
    database = Database(database_url, tmp_path)
    database.write_now(_fill)
    yield database
    database.close()


def _fill(tx: Write) -> None:
    tx.connection.execute(user_tables.users.insert().values(id=USER, name="kim", display_name="Kim", created_at=1))
    for workspace in (WS, OTHER):
        tx.connection.execute(
            workspace_tables.workspaces.insert().values(
                id=workspace, name=workspace, description="", capacity="this-machine", created_at=1, modified_at=1
            )
        )
        experiments.create_default(tx, workspace, USER)
    number = experiments.get(tx, WS, "0").internal_id
    tx.connection.execute(
        run_tables.runs.insert().values(
            run_id=RUN,
            workspace_id=WS,
            experiment_internal_id=number,
            name="calm-elk-7",
            user_id="kim",
            status="FINISHED",
            start_time=1,
            artifact_uri=f"mlflow-artifacts:/0/{RUN}/artifacts",
            lifecycle_stage="active",
        )
    )


def new(tx: Write, name: str, **given: Any) -> Version:
    return model_versions.create(tx, WS, name, NewVersion(**({"source": "s3://bucket/model"} | given)))


def test_a_taken_name_is_refused_in_its_workspace_only(database: Database) -> None:
    database.write_now(lambda tx: models.create(tx, WS, "diabetes", owner=USER))
    with pytest.raises(AlreadyExists, match=r"Registered Model \(name=diabetes\) already exists\."):
        database.write_now(lambda tx: models.create(tx, WS, "diabetes", owner=USER))
    made = database.write_now(lambda tx: models.create(tx, OTHER, "diabetes", owner=USER))
    assert (made.name, made.owner, made.latest) == ("diabetes", "Kim", [])
    with pytest.raises(NotFound, match="Registered Model with name=nope not found"):
        database.read_now(lambda tx: models.get(tx, WS, "nope"))


def test_version_numbers_are_never_used_twice(database: Database) -> None:
    def work(tx: Write) -> list[int]:
        models.create(tx, WS, "m", owner=None)
        numbers = [new(tx, "m").version, new(tx, "m").version]
        model_versions.remove(tx, WS, "m", 2)
        numbers.append(new(tx, "m").version)
        models.remove(tx, WS, "m")
        models.create(tx, WS, "m", owner=None)
        return [*numbers, new(tx, "m").version]

    assert database.write_now(work) == [1, 2, 3, 1]


def test_a_missing_version_is_not_found(database: Database) -> None:
    database.write_now(lambda tx: models.create(tx, WS, "m", owner=None))
    with pytest.raises(NotFound, match=r"Model Version \(name=m, version=99\) not found"):
        database.read_now(lambda tx: model_versions.get(tx, WS, "m", 99))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: model_versions.create(tx, WS, "nope", NewVersion(source="s3://b/m")))


def test_renaming_takes_versions_tags_and_aliases_along(database: Database) -> None:
    def work(tx: Write) -> Version:
        models.create(tx, WS, "old", owner=None, tags={"team": "a"})
        models.create(tx, WS, "taken", owner=None)
        new(tx, "old", tags={"k": "v"})
        models.set_alias(tx, WS, "old", "champion", 1)
        models.rename(tx, WS, "old", "새 모델")
        return models.by_alias(tx, WS, "새 모델", "champion")

    version = database.write_now(work)
    assert (version.model, version.version, version.tags, version.aliases) == ("새 모델", 1, {"k": "v"}, ["champion"])
    with pytest.raises(AlreadyExists):
        database.write_now(lambda tx: models.rename(tx, WS, "새 모델", "taken"))
    with pytest.raises(NotFound):
        database.read_now(lambda tx: models.get(tx, WS, "old"))


def test_an_alias_points_to_one_version_and_goes_with_it(database: Database) -> None:
    def work(tx: Write) -> None:
        models.create(tx, WS, "m", owner=None)
        new(tx, "m")
        new(tx, "m")
        models.set_alias(tx, WS, "m", "champion", 1)
        models.set_alias(tx, WS, "m", "champion", 2)
        models.set_alias(tx, WS, "m", "first", 1)

    database.write_now(work)
    assert database.read_now(lambda tx: models.get(tx, WS, "m")).aliases == {"champion": 2, "first": 1}
    assert database.read_now(lambda tx: models.by_alias(tx, WS, "m", "LATEST")).version == 2
    database.write_now(lambda tx: model_versions.remove(tx, WS, "m", 2))
    with pytest.raises(Invalid, match="Registered model alias champion not found"):
        database.read_now(lambda tx: models.by_alias(tx, WS, "m", "champion"))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: models.set_alias(tx, WS, "m", "champion", 99))
    database.write_now(lambda tx: models.delete_alias(tx, WS, "m", "gone"))


def test_the_history_of_aliases_says_who_moved_which_when_and_why(database: Database) -> None:
    def fill(tx: Write) -> None:
        models.create(tx, WS, "m", owner=USER)
        for _ in range(2):
            model_versions.create(tx, WS, "m", NewVersion(source=f"runs:/{RUN}/model", run_id=RUN))
        models.set_alias(tx, WS, "m", "champion", 1, user="Kim", note=" tested on March data ")
        models.set_alias(tx, WS, "m", "champion", 2, user="Lee")
        models.delete_alias(tx, WS, "m", "never-set", user="Lee")
        models.rename(tx, WS, "m", "renamed")
        model_versions.remove(tx, WS, "renamed", 2, user="Park")

    database.write_now(fill)
    changes = database.read_now(lambda tx: alias_history.of_model(tx, WS, "renamed"))
    assert [(c.alias, c.version, c.user, c.note) for c in changes] == [
        ("champion", None, "Park", ""),
        ("champion", 2, "Lee", ""),
        ("champion", 1, "Kim", "tested on March data"),
    ]
    assert all(change.at > 1_600_000_000_000 for change in changes)
    with pytest.raises(Invalid, match="note"):
        database.write_now(lambda tx: models.set_alias(tx, WS, "renamed", "a", 1, note="n" * 2_001))


def test_the_history_of_aliases_stays_bounded(database: Database) -> None:
    def fill(tx: Write) -> None:
        models.create(tx, WS, "m", owner=USER)
        for number in range(alias_history.MOST_CHANGES + 3):
            alias_history.record(tx, WS, "m", f"a{number}", 1, "Kim")

    database.write_now(fill)
    changes = database.read_now(lambda tx: alias_history.of_model(tx, WS, "m"))
    assert len(changes) == alias_history.MOST_CHANGES
    assert (changes[0].alias, changes[-1].alias) == (f"a{alias_history.MOST_CHANGES + 2}", "a3")


def test_a_stage_archives_the_versions_that_held_it(database: Database) -> None:
    def work(tx: Write) -> dict[int, str]:
        models.create(tx, WS, "m", owner=None)
        for _ in range(3):
            new(tx, "m")
        model_versions.transition(tx, WS, "m", 1, "production", archive=False)
        model_versions.transition(tx, WS, "m", 2, "Production", archive=True)
        return {v.version: v.stage for v in models.get(tx, WS, "m").latest}

    assert database.write_now(work) == {1: "Archived", 2: "Production", 3: "None"}
    with pytest.raises(Invalid, match="is not an Active stage"):
        database.write_now(lambda tx: model_versions.transition(tx, WS, "m", 1, "None", archive=True))


def test_tags_are_set_replaced_and_deleted(database: Database) -> None:
    def work(tx: Write) -> None:
        models.create(tx, WS, "m", owner=None)
        new(tx, "m")
        models.set_tag(tx, WS, "m", "team", "a")
        models.set_tag(tx, WS, "m", "team", "b")
        model_versions.set_tag(tx, WS, "m", 1, "ok", "yes")
        models.delete_tag(tx, WS, "m", "not there")

    database.write_now(work)
    assert database.read_now(lambda tx: models.get(tx, WS, "m")).tags == {"team": "b"}
    assert database.read_now(lambda tx: model_versions.get(tx, WS, "m", 1)).tags == {"ok": "yes"}
    database.write_now(lambda tx: model_versions.delete_tag(tx, WS, "m", 1, "ok"))
    assert database.read_now(lambda tx: model_versions.get(tx, WS, "m", 1)).tags == {}


def test_a_version_of_a_logged_model_knows_its_run_and_files(database: Database) -> None:
    def work(tx: Write) -> tuple[Version, Version, str]:
        models.create(tx, WS, "m", owner=None)
        model = logged_models.create(tx, WS, "0", name="model", source_run_id=RUN)
        first = new(tx, "m", source=f"models:/{model.model_id}", model_id=model.model_id)
        copy = new(tx, "m", source="models:/m/1")
        tags = logged_models.get(tx, WS, model.model_id).tags
        return first, copy, tags["mlflow.modelVersions"]

    first, copy, linked = database.write_now(work)
    assert first.run_id == copy.run_id == RUN
    assert first.location == copy.location == f"mlflow-artifacts:/0/models/{first.model_id}/artifacts"
    assert linked == '[{"name":"m","version":1},{"name":"m","version":2}]'


def test_a_version_may_not_claim_what_the_request_does_not_name(database: Database) -> None:
    def work(tx: Write) -> str:
        models.create(tx, WS, "m", owner=None)
        models.create(tx, OTHER, "m", owner=None)
        return logged_models.create(tx, WS, "0", name="model", source_run_id=RUN).model_id

    model_id = database.write_now(work)
    for given in (
        {"source": f"models:/{model_id}"},
        {"source": f"runs:/{RUN}/model"},
        {"source": f"mlflow-artifacts:/0/{RUN}/artifacts/model", "run_id": "b" * 32},
        {"source": "/etc/passwd", "run_id": RUN},
        {"source": f"models:/{model_id}", "model_id": "m-other"},
    ):
        with pytest.raises((Invalid, NotFound)):
            database.write_now(partial(new, name="m", **dict[str, Any](given)))
    other = NewVersion(source=f"mlflow-artifacts:/0/{RUN}/artifacts/model", run_id=RUN)
    with pytest.raises(Invalid, match="must identify the resource"):
        database.write_now(lambda tx: model_versions.create(tx, OTHER, "m", other))


def test_a_version_of_a_run_tells_both_pages(database: Database) -> None:
    seen: list[Change] = []
    database.write_now(lambda tx: models.create(tx, WS, "m", owner=None))
    database.listen(seen.extend)
    source = f"mlflow-artifacts:/0/{RUN}/artifacts/model"
    database.write_now(lambda tx: new(tx, "m", source=source, run_id=RUN))
    database.write_now(lambda tx: None)  # listeners are called after the future resolves
    assert Change(noun="models", workspace=WS, id="m") in seen
    assert Change(noun="runs", workspace=WS, id=RUN, parent="0") in seen


def _found(database: Database, filter: str = "", order_by: Sequence[str] = (), limit: int = 100) -> list[str]:
    return database.read_now(
        lambda tx: [row.name for row in registry_search.models(tx, WS, filter, order_by, limit=limit)]
    )


def _versions(database: Database, filter: str = "", order_by: Sequence[str] = ()) -> list[tuple[str, int]]:
    return database.read_now(
        lambda tx: [(row.name, row.version) for row in registry_search.versions(tx, WS, filter, order_by, limit=100)]
    )


@pytest.fixture
def filled(database: Database) -> Database:
    def work(tx: Write) -> None:
        models.create(tx, WS, "alpha", owner=None, tags={"team": "red"})
        models.create(tx, WS, "Beta", owner=None, tags={"team": "blue", "x": "1"})
        models.create(tx, WS, "prompt", owner=None, tags={"mlflow.prompt.is_prompt": "true"})
        models.create(tx, OTHER, "alpha", owner=None)
        new(tx, "alpha", tags={"ok": "yes"})
        new(tx, "alpha", source=f"runs:/{RUN}/model", run_id=RUN)
        new(tx, "Beta")

    database.write_now(work)
    return database


def test_models_are_found_by_name_and_tag(filled: Database) -> None:
    assert _found(filled) == ["Beta", "alpha"]
    assert _found(filled, "name = 'alpha'") == ["alpha"]
    assert _found(filled, "name LIKE 'al%'") == ["alpha"]
    assert _found(filled, "name LIKE 'AL%'") == []
    assert _found(filled, "name like 'al%' and name in ('alpha')") == ["alpha"]
    assert _found(filled, "name ILIKE 'AL%'") == ["alpha"]
    assert _found(filled, "name IN ('alpha', 'Beta') AND tags.team != 'red'") == ["Beta"]
    assert _found(filled, "tags.x = '1' AND tags.team LIKE 'b%'") == ["Beta"]
    assert _found(filled, "tag.`mlflow.prompt.is_prompt` != 'true'") == ["Beta", "alpha"]
    assert _found(filled, "tags.`mlflow.prompt.is_prompt` = 'true'") == ["prompt"]
    assert _found(filled, "tag.`mlflow.prompt.is_prompt` != 'true' OR name = 'x'") == ["Beta", "alpha"]
    assert _found(filled, "tags.x = '1' OR tags.`mlflow.prompt.is_prompt` = 'true'") == ["Beta", "prompt"]
    assert _found(filled, "NOT (tags.x = '1' OR name = 'nope')") == ["alpha"]
    assert _found(filled, order_by=["name DESC"]) == ["alpha", "Beta"]
    assert _found(filled, limit=1) == ["Beta"]


def test_versions_are_found_by_number_run_source_and_tag(filled: Database) -> None:
    assert _versions(filled, "", ["name ASC"]) == [("Beta", 1), ("alpha", 2), ("alpha", 1)]
    assert _versions(filled, "name='alpha'", ["version_number ASC"]) == [("alpha", 1), ("alpha", 2)]
    assert _versions(filled, "version_number > 1") == [("alpha", 2)]
    assert _versions(filled, "version_number = '2'") == [("alpha", 2)]
    assert _versions(filled, f"run_id IN ('{RUN}')") == [("alpha", 2)]
    assert _versions(filled, f"source_path = 'runs:/{RUN}/model'") == [("alpha", 2)]
    assert _versions(filled, "tags.ok = 'yes'") == [("alpha", 1)]
    assert sorted(_versions(filled, "tags.ok = 'yes' OR NOT name = 'alpha'")) == [("Beta", 1), ("alpha", 1)]


@pytest.mark.parametrize(
    "filter",
    [
        "version_number = 1",
        "name = 'a' OR metrics.m > 1",
        "(name = 'a'",
        "name IN ()",
        "description = 'x'",
        "name = alpha",
        "name < 'a'",
        "metrics.m > 1",
        "tags.a IN ('b')",
    ],
)
def test_a_filter_that_models_do_not_know_is_refused(filled: Database, filter: str) -> None:
    with pytest.raises(Invalid):
        _found(filled, filter)


def test_an_order_that_no_one_knows_is_refused(filled: Database) -> None:
    for order_by in (["creation_timestamp"], ["name", "name DESC"], ["last_updated_timestamp", "timestamp"]):
        with pytest.raises(Invalid):
            _found(filled, order_by=order_by)
