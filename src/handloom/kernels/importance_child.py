"""The process that computes the importance of params: one question on stdin, one answer on stdout, then it ends."""

from __future__ import annotations

import math
import resource
import sys

import msgspec
import numpy as np
from sklearn.ensemble import RandomForestRegressor

from handloom.domain.param_importance import ImportanceTable, ParamImportance, numbers_of, shares

MEMORY = 4 << 30
CPU_SECONDS = 60
TREES = 100


def importance(table: ImportanceTable) -> list[ParamImportance]:
    """Return the importance of each param, the greatest first."""
    metric = np.asarray(table.metric)
    columns: list[np.ndarray] = []
    owners: list[str] = []
    correlations: dict[str, float | None] = {}
    for name, values in table.params.items():
        numbers = numbers_of(values)
        if numbers is not None:
            present = np.array([math.nan if number is None else number for number in numbers])
            known = ~np.isnan(present)
            correlations[name] = _spearman(present[known], metric[known])
            columns.append(np.where(known, present, np.nanmin(present) - 1))
            owners.append(name)
        else:
            correlations[name] = None
            for category in sorted({value for value in values if value is not None}):
                columns.append(np.array([float(value == category) for value in values]))
                owners.append(name)
    forest = RandomForestRegressor(n_estimators=TREES, min_samples_leaf=2, random_state=0, n_jobs=1)
    forest.fit(np.column_stack(columns), _ranks(metric))  # ranks: one huge value must not decide all splits
    sums = dict.fromkeys(table.params, 0.0)
    for owner, value in zip(owners, forest.feature_importances_, strict=True):
        sums[owner] += float(value)
    found = [
        ParamImportance(
            param=name,
            importance=share,
            correlation=correlations[name],
            runs=sum(value is not None for value in table.params[name]),
        )
        for name, share in shares(sums).items()
    ]
    return sorted(found, key=lambda one: (-one.importance, one.param))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks of values; equal ones have their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: np.ndarray = ends - (counts - 1) / 2
    return np.asarray(means[inverse])


def _spearman(left: np.ndarray, right: np.ndarray) -> float | None:
    if len(left) < 3:
        return None
    a, b = _ranks(left), _ranks(right)
    if a.std() == 0 or b.std() == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    table = msgspec.json.decode(sys.stdin.buffer.read(), type=ImportanceTable)
    sys.stdout.buffer.write(msgspec.json.encode(importance(table)))


if __name__ == "__main__":
    main()
