/** The run list: filter, columns, table, and the comparison of the selected runs. */
import { Button, Spinner } from '@fluentui/react-components';
import { FilterDismissRegular } from '@fluentui/react-icons';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useExperimentColumns, useSetDirection } from '../../api/experiments';
import { MOST_PICKED, usePickedRuns } from '../../api/runs';
import type { ExperimentColumns, ExperimentView, RunRow } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { colorsOf } from '../../lib/chartColors';
import { ApiError, errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { toggled, useStoredList } from '../../lib/stored';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { stateNow, useExperimentState, type ChangeState, type ExperimentState } from './address';
import { ColumnChooser } from './ColumnChooser';
import { defaultColumns, shownColumns } from './columns';
import { EmptyRuns } from './EmptyRuns';
import { exampleOf } from './FilterBox';
import { MetricComparison } from './MetricComparison';
import { RunListBar } from './RunListBar';
import styles from './RunList.module.css';
import { RunTable } from './RunTable';
import { useColumnPlaces } from './useColumnPlaces';
import { useRunRows } from './useRunRows';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
  link: ReturnType<typeof useExperimentState>['link'];
}

const NO_KEYS: ExperimentColumns = { metrics: [], params: [], tags: [], suggested: [], nested: false, directions: {} };
const NO_RUNS: RunRow[] = [];
/** Runs at the top of the list; with one more, the one that was pinned first goes back. */
const MOST_PINNED = 20;

/** The visible columns: from the URL, else the user's stored choice, else the suggested ones. */
function useColumns(experiment: ExperimentView, state: ExperimentState, change: ChangeState, suggested: string[]) {
  const { columns: linked } = state;
  const shown = useCallback((stored: string[] | null) => linked ?? stored ?? suggested, [linked, suggested]);
  const onColumns = useCallback((columns: string[] | null) => change({ columns }, { replace: true }), [change]);
  const places = useColumnPlaces(`${experiment.workspace}.${experiment.id}`, shown, onColumns);
  const ids = shown(places.chosen);
  const columns = useMemo(() => shownColumns(ids), [ids]);
  return { places, ids, columns };
}

export function RunList({ experiment, state, change, link }: Props) {
  const { t } = useTranslation('experiments');
  const { notify } = useNotices();
  const { id, workspace } = experiment;
  const canWrite = useCanWrite(workspace);
  const { mutate: setDirection } = useSetDirection();
  const say = (metric: string, direction: 'min' | 'max') =>
    setDirection(
      { workspace, experiment: id, metric, direction },
      { onError: (error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }) },
    );
  const found = useExperimentColumns(workspace, id);
  const keys = found.data ?? NO_KEYS;
  const [choosing, setChoosing] = useState(false);
  const [seen, setSeen] = useState<RunRow[]>(NO_RUNS);
  // Suggested columns change with the experiment's keys, not with each logged value, so that columns stay in place.
  const suggested = useMemo(() => defaultColumns(keys.suggested, seen), [keys.suggested, seen]);
  const { places, ids, columns } = useColumns(experiment, state, change, suggested);
  const baseline = usePickedRuns(workspace, id, state.baseline ? [state.baseline] : []).data?.[0];
  const [pinned, setPinned] = useStoredList(`handloom.pinnedRuns.${workspace}.${id}`);
  const rows = useRunRows({ experiment, state, keys, columns: ids, baseline: state.baseline ? baseline : undefined, pinned, ready: found.data !== undefined || found.error !== null });
  const { list, total } = rows;
  if (seen === NO_RUNS && rows.runs.length > 0) setSeen(rows.runs);
  const colors = useMemo(() => colorsOf(state.picked), [state.picked]);

  const pick = useCallback(
    (picked: string[]) => {
      if (picked.length > MOST_PICKED) notify({ intent: 'info', title: t('list.mostPicked', { count: MOST_PICKED }) });
      change({ picked: picked.slice(0, MOST_PICKED) }, { replace: true });
    },
    [change, notify, t],
  );
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);

  const refused = rows.error instanceof ApiError && rows.error.status === 400 && state.filter ? rows.error : null;
  const nothing = rows.isSuccess && total === 0;
  const linkTo = useCallback((run: RunRow) => link({ view: 'details', run: run.run_id, tab: 'overview' }), [link]);
  return (
    <div className={styles.list}>
      <RunListBar
        experiment={experiment}
        columns={ids}
        state={state}
        change={change}
        keys={keys}
        runs={rows.rows.flatMap(({ run }) => (run ? [run] : []))}
        shown={rows.tree && !state.filter ? experiment.run_count : total}
        isExact={rows.totalIsExact || (rows.tree && !state.filter)}
        total={experiment.run_count}
        problem={refused ? errorDetail(refused) : undefined}
        onColumns={() => setChoosing(true)}
      />
      {rows.isPending ? (
        <Spinner className={styles.fill} label={t('list.loading')} />
      ) : refused || (nothing && state.filter) ? (
        <div className={styles.fill}>
          <EmptyState
            icon={<FilterDismissRegular />}
            title={refused ? t('filter.refused') : t('filter.nothing')}
            text={refused ? t('filter.refusedText', { example: exampleOf(keys) }) : t('filter.nothingText')}
            actions={<Button onClick={() => change({ filter: '' })}>{t('filter.clear')}</Button>}
          />
        </div>
      ) : rows.error && !rows.hasData ? (
        <ErrorState error={rows.error} onRetry={rows.refetch} />
      ) : nothing ? (
        <EmptyRuns experiment={experiment} />
      ) : (
        <RunTable
          rows={rows.rows}
          count={rows.count}
          tree={rows.tree}
          columns={columns}
          places={places}
          orders={[state.order, ...state.then]}
          onOrder={([order, ...then]) => order && change({ order, then })}
          groupBy={state.group}
          parentNames={rows.parentNames}
          look={rows.look}
          hidden={state.hidden}
          pinned={pinned}
          onPin={(run) => setPinned((old) => toggled(old, run).slice(-MOST_PINNED))}
          onHide={(run) => change({ hidden: toggled(stateNow().hidden, run) }, { replace: true })}
          picked={state.picked}
          onPick={pick}
          colors={colors}
          onExpand={rows.expand}
          loadingMore={isFetchingNextPage}
          onMore={more}
          listKey={rows.listKey}
          link={linkTo}
        />
      )}
      {rows.moreGroups > 0 && <p className={styles.orphans}>{t('group.more', { count: rows.moreGroups })}</p>}
      {state.picked.length > 0 && !nothing && <MetricComparison experiment={experiment} keys={keys} state={state} change={change} colors={colors} />}
      <ColumnChooser open={choosing} keys={keys} onDirection={canWrite ? say : undefined} chosen={ids} onChange={places.choose} onReset={() => places.choose(null)} onClose={() => setChoosing(false)} />
    </div>
  );
}
