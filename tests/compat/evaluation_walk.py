"""What someone who evaluates keeps: datasets of questions with what is expected, and scorers in versions."""

from typing import Any

import mlflow
import mlflow.genai.datasets
import mlflow.genai.scorers.registry
import pandas as pd
from mlflow.genai import make_judge, scorer

genai: Any = mlflow.genai
kept: Any = mlflow.genai.scorers
registry: Any = mlflow.genai.scorers.registry
experiment_id = mlflow.set_experiment("evaluated").experiment_id
other_id = mlflow.create_experiment("more")

dataset = genai.datasets.create_dataset(name="questions", experiment_id=[experiment_id], tags={"team": "blue"})
assert dataset.experiment_ids == [experiment_id]
assert dataset.tags["team"] == "blue"
records: list[dict[str, Any]] = [
    {"inputs": {"question": f"{n}?"}, "expectations": {"expected_response": f"{n}?"}, "tags": {"kind": "a"}}
    for n in range(1_200)
]
dataset.merge_records(records)
dataset.merge_records([{"inputs": {"question": "0?"}, "expectations": {"facts": ["x", {"traceId": 1}]}}])
frame = pd.DataFrame({"inputs": [{"question": "last?"}], "expectations": [{"expected_response": "never"}]})
dataset.merge_records(frame)

again = genai.datasets.get_dataset(dataset_id=dataset.dataset_id)
table = again.to_df()
assert len(table) == 1_201
first = table.iloc[0]
assert first["inputs"] == {"question": "0?"}
assert first["expectations"] == {"expected_response": "0?", "facts": ["x", {"traceId": 1}]}
assert first["tags"]["kind"] == "a"
assert '"question": "string"' in again.schema
assert again.profile == '{"num_records": 1201}'

genai.datasets.set_dataset_tags(dataset_id=dataset.dataset_id, tags={"team": "red", "level": "1"})
genai.datasets.delete_dataset_tag(dataset_id=dataset.dataset_id, key="level")
tags = genai.datasets.get_dataset(dataset_id=dataset.dataset_id).tags
assert tags["team"] == "red"
assert "level" not in tags
genai.datasets.create_dataset(name="bare", experiment_id=[other_id])
found = genai.datasets.search_datasets(filter_string="tags.team = 'red'")
assert [each.dataset_id for each in found] == [dataset.dataset_id]
assert [each.name for each in genai.datasets.search_datasets(order_by=["name ASC"])] == ["bare", "questions"]
assert [each.name for each in genai.datasets.search_datasets(experiment_ids=[other_id])] == ["bare"]
genai.datasets.add_dataset_to_experiments(dataset_id=dataset.dataset_id, experiment_ids=[other_id])
assert len(genai.datasets.search_datasets(experiment_ids=[other_id])) == 2
genai.datasets.remove_dataset_from_experiments(dataset_id=dataset.dataset_id, experiment_ids=[other_id])
assert len(genai.datasets.search_datasets(experiment_ids=[other_id])) == 1


@scorer
def exact(outputs: str, expectations: dict[str, Any]) -> bool:
    return bool(outputs == expectations["expected_response"])


small = genai.datasets.create_dataset(name="small", experiment_id=[experiment_id])
small.merge_records([*records[:2], {"inputs": {"question": "9?"}, "expectations": {"expected_response": "no"}}])
result = genai.evaluate(data=small, predict_fn=lambda question: question, scorers=[exact])
assert result.metrics["exact/mean"] == 2 / 3

for model in ("openai:/small", "openai:/large"):
    make_judge(name="short", instructions="Is {{ outputs }} short?", model=model).register(experiment_id=experiment_id)
assert kept.get_scorer(name="short", experiment_id=experiment_id).model == "openai:/large"
assert kept.get_scorer(name="short", experiment_id=experiment_id, version=1).model == "openai:/small"
assert [each.name for each in kept.list_scorers(experiment_id=experiment_id)] == ["short"]
versions = registry.list_scorer_versions(name="short", experiment_id=experiment_id)
assert [version for _, version in versions] == [1, 2], versions
kept.delete_scorer(name="short", experiment_id=experiment_id, version=1)
assert len(registry.list_scorer_versions(name="short", experiment_id=experiment_id)) == 1
kept.delete_scorer(name="short", experiment_id=experiment_id, version="all")
assert kept.list_scorers(experiment_id=experiment_id) == []

genai.datasets.delete_dataset(dataset_id=dataset.dataset_id)
assert [each.name for each in genai.datasets.search_datasets(order_by=["name ASC"])] == ["bare", "small"]
print("walked evaluation datasets and scorers")
