"""Whether less or more of a metric is better, as people have said: one tag of the experiment, which copies keep."""

from typing import Literal

import msgspec

from handloom.domain.errors import Invalid
from handloom.domain.experiments import Experiment
from handloom.domain.keys import check_key
from handloom.store.engine.database import Write
from handloom.store.experiments import rows as experiments

TAG = "handloom.metricDirections"
MAX_METRICS = 1_000

Direction = Literal["min", "max"]


def of(experiment: Experiment) -> dict[str, Direction]:
    """Return the directions by metric. A tag that a client wrote and that is not valid is ignored."""
    try:
        return msgspec.json.decode(experiment.tags.get(TAG, "{}"), type=dict[str, Direction])
    except msgspec.DecodeError:
        return {}


def put(tx: Write, experiment: Experiment, metric: str, direction: Direction | None) -> dict[str, Direction]:
    """Set the direction of a metric, or with None forget it; return all directions."""
    check_key(metric, path="metric", what="Metric name")
    found = {key: value for key, value in of(experiment).items() if key != metric}
    if direction is not None:
        found[metric] = direction
    if len(found) > MAX_METRICS:
        raise Invalid(f"An experiment has directions of at most {MAX_METRICS:,} metrics.", field="metric")
    value = msgspec.json.encode(found, order="sorted").decode()
    experiments.set_tag(tx, experiment.workspace, experiment.id, TAG, value)
    return found
