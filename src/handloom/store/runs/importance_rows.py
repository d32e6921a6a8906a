"""The params and the latest values of one metric over the runs of an experiment."""

from collections.abc import Sequence

from sqlalchemy import false, func, select

from handloom.domain.experiments import ACTIVE
from handloom.domain.metrics import LARGEST
from handloom.domain.param_importance import MOST_PARAMS, MOST_RUNS, ImportanceTable, is_useful
from handloom.domain.search import Condition
from handloom.store.engine.database import Read
from handloom.store.metrics import tables as metric_tables
from handloom.store.runs import tables as run_tables
from handloom.store.runs.run_filter import of_run

_AT_ONCE = 500


def table(tx: Read, experiment: int, metric: str, conditions: Sequence[Condition]) -> ImportanceTable:
    """Return the newest runs that match and have a real value of the metric, with the params that differ among them."""
    r, m = run_tables.runs.c, metric_tables.latest_metrics.alias("explained").c
    origin = run_tables.runs.join(m.key.table, m.run_internal_id == r.internal_id)
    rows = tx.connection.execute(
        select(r.internal_id, m.value)
        .select_from(origin)
        .where(
            r.experiment_internal_id == experiment,
            r.lifecycle_stage == ACTIVE,
            m.key == metric,
            m.is_nan == false(),
            func.abs(m.value) < LARGEST,
            *map(of_run, conditions),
        )
        .order_by(r.start_time.desc(), r.internal_id.desc())
        .limit(MOST_RUNS + 1)
    ).all()
    more_runs, rows = len(rows) > MOST_RUNS, rows[:MOST_RUNS]
    places = {row.internal_id: at for at, row in enumerate(rows)}
    params: dict[str, list[str | None]] = {}
    unread: set[str] = set()
    p = run_tables.params.c
    runs = list(places)
    for start in range(0, len(runs), _AT_ONCE):
        some = runs[start : start + _AT_ONCE]
        for row in tx.connection.execute(
            select(p.run_internal_id, p.key, p.value).where(p.run_internal_id.in_(some)).order_by(p.key)
        ):
            if row.key not in params:
                if len(params) >= 10 * MOST_PARAMS:
                    unread.add(row.key)
                    continue
                params[row.key] = [None] * len(rows)
            params[row.key][places[row.run_internal_id]] = row.value
    useful = {name: values for name, values in params.items() if is_useful(values)}
    most = sorted(useful, key=lambda name: (useful[name].count(None), name))[:MOST_PARAMS]
    return ImportanceTable(
        metric=[row.value for row in rows],
        params={name: useful[name] for name in sorted(most)},
        more_runs=more_runs,
        left_out=len(useful) - len(most) + len(unread),
    )
