/** The run list: filter, columns, table, and the comparison of the selected runs. */
import { Button, Spinner } from '@fluentui/react-components';
import { FilterDismissRegular } from '@fluentui/react-icons';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useExperimentColumns } from '../../api/experiments';
import { MOST_PICKED, rootsFilter, useChildRuns, useRunPages } from '../../api/runs';
import type { ExperimentColumns, ExperimentView, RunRow } from '../../api/schema';
import { colorsOf } from '../../lib/chartColors';
import { ApiError } from '../../lib/errors';
import { orderText } from '../../lib/filterText';
import { useNotices } from '../../lib/notices';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { useExperimentState, type ChangeState, type ExperimentState } from './address';
import { ColumnChooser } from './ColumnChooser';
import { defaultColumns, shownColumns } from './columns';
import { EmptyRuns } from './EmptyRuns';
import { MetricComparison } from './MetricComparison';
import { RunListBar } from './RunListBar';
import styles from './RunList.module.css';
import { RunTable } from './RunTable';
import { flatRows, treeRows } from './tree';
import { useColumnPlaces } from './useColumnPlaces';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
  link: ReturnType<typeof useExperimentState>['link'];
}

const NO_KEYS: ExperimentColumns = { metrics: [], params: [], tags: [], suggested: [], nested: false, without_parent: 0 };
const NO_RUNS: RunRow[] = [];

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

/** Pages of runs, or of roots with the children of those that are open. */
function useRows({ experiment, state }: Pick<Props, 'experiment' | 'state'>, keys: ExperimentColumns, asked: string[], ready: boolean) {
  const { id, workspace } = experiment;
  const order = useMemo(() => [orderText(state.order.field, state.order.down)], [state.order]);
  const tree = keys.nested && !state.filter && !state.flat;
  const list = useRunPages(workspace, id, tree ? rootsFilter : state.filter, order, asked, ready);
  const [expanded, setExpanded] = useState<string[]>([]);
  const children = useChildRuns(workspace, id, tree ? expanded : [], order, asked);
  const runs = useMemo(() => list.data?.pages.flatMap((page) => page.runs) ?? NO_RUNS, [list.data]);
  const rows = useMemo(() => (tree ? treeRows(runs, new Set(expanded), children) : flatRows(runs)), [tree, runs, expanded, children]);
  const expand = useCallback((run: string, open: boolean) => setExpanded((old) => (open ? [...old, run] : old.filter((one) => one !== run))), []);
  const total = list.data?.pages[0]?.total ?? 0;
  return { tree, list, rows, runs, expand, total, count: rows.length + (list.hasNextPage ? total - runs.length : 0), listKey: `${state.filter} ${order.join()} ${tree}` };
}

export function RunList({ experiment, state, change, link }: Props) {
  const { t } = useTranslation('experiments');
  const { notify } = useNotices();
  const { id, workspace } = experiment;
  const found = useExperimentColumns(workspace, id);
  const keys = found.data ?? NO_KEYS;
  const [choosing, setChoosing] = useState(false);
  const [seen, setSeen] = useState<RunRow[]>(NO_RUNS);
  // Suggested columns change with the experiment's keys, not with each logged value, so that columns stay in place.
  const suggested = useMemo(() => defaultColumns(keys.suggested, seen), [keys.suggested, seen]);
  const { places, ids, columns } = useColumns(experiment, state, change, suggested);
  const rows = useRows({ experiment, state }, keys, ids, found.data !== undefined || found.error !== null);
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

  const refused = list.error instanceof ApiError && list.error.status === 400 && state.filter ? list.error : null;
  const nothing = list.isSuccess && total === 0 && !(rows.tree && keys.without_parent > 0);
  const linkTo = useCallback((run: RunRow) => link({ view: 'details', run: run.run_id, tab: 'overview' }), [link]);
  return (
    <div className={styles.list}>
      <RunListBar
        workspace={workspace}
        state={state}
        change={change}
        keys={keys}
        runs={rows.rows.flatMap(({ run }) => (run ? [run] : []))}
        shown={rows.tree ? experiment.run_count : total}
        total={experiment.run_count}
        problem={refused?.message}
        onColumns={() => setChoosing(true)}
      />
      {list.isPending ? (
        <Spinner className={styles.fill} label={t('list.loading')} />
      ) : refused || (nothing && state.filter) ? (
        <div className={styles.fill}>
          <EmptyState
            icon={<FilterDismissRegular />}
            title={refused ? t('filter.refused') : t('filter.nothing')}
            text={refused ? t('filter.refusedText') : t('filter.nothingText')}
            actions={<Button onClick={() => change({ filter: '' })}>{t('filter.clear')}</Button>}
          />
        </div>
      ) : list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : nothing ? (
        <EmptyRuns experiment={experiment} />
      ) : (
        <RunTable
          rows={rows.rows}
          count={rows.count}
          tree={rows.tree}
          columns={columns}
          places={places}
          order={state.order}
          onOrder={(next) => change({ order: next })}
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
      {rows.tree && keys.without_parent > 0 && (
        <p className={styles.orphans}>
          {t('list.withoutParent', { count: keys.without_parent })}{' '}
          <Button size="small" appearance="transparent" onClick={() => change({ flat: true })}>
            {t('list.showFlat')}
          </Button>
        </p>
      )}
      {state.picked.length > 0 && !nothing && <MetricComparison experiment={experiment} keys={keys} state={state} change={change} colors={colors} />}
      <ColumnChooser open={choosing} keys={keys} chosen={ids} onChange={places.choose} onReset={() => places.choose(null)} onClose={() => setChoosing(false)} />
    </div>
  );
}
