/** The run list: filter, columns, table, and the comparison of what is ticked. */
import { Button, Spinner } from '@fluentui/react-components';
import { FilterDismissRegular } from '@fluentui/react-icons';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useExperimentColumns } from '../../api/experiments';
import { MOST_PICKED, useRunPages } from '../../api/runs';
import type { ExperimentColumns, ExperimentView, RunRow } from '../../api/schema';
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

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
  link: ReturnType<typeof useExperimentState>['link'];
}

const NO_KEYS: ExperimentColumns = { metrics: [], params: [], tags: [], suggested: [], nested: false, without_parent: 0 };
const NO_RUNS: RunRow[] = [];

export function RunList({ experiment, state, change, link }: Props) {
  const { t } = useTranslation('experiments');
  const { notify } = useNotices();
  const { id, workspace } = experiment;
  const order = useMemo(() => [orderText(state.order.field, state.order.down)], [state.order]);
  const { data: keys = NO_KEYS } = useExperimentColumns(workspace, id);
  const list = useRunPages(workspace, id, state.filter, order);
  const [choosing, setChoosing] = useState(false);

  const runs = useMemo(() => list.data?.pages.flatMap((page) => page.runs) ?? NO_RUNS, [list.data]);
  const total = list.data?.pages[0]?.total ?? 0;
  const first = list.data?.pages[0]?.runs ?? NO_RUNS;
  // Suggested columns follow the experiment's keys, not each value that is logged: columns must not jump about.
  const some = first.length > 0;
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const suggested = useMemo(() => defaultColumns(keys.suggested, first), [keys, some]);
  const ids = state.columns ?? suggested;
  const columns = useMemo(() => shownColumns(ids), [ids]);

  const pick = useCallback(
    (picked: string[]) => {
      if (picked.length > MOST_PICKED) notify({ intent: 'info', title: t('list.mostPicked', { count: MOST_PICKED }) });
      change({ picked: picked.slice(0, MOST_PICKED) }, { replace: true });
    },
    [change, notify, t],
  );
  const more = useCallback(() => void list.fetchNextPage(), [list.fetchNextPage]); // eslint-disable-line react-hooks/exhaustive-deps

  const refused = list.error instanceof ApiError && list.error.status === 400 && state.filter ? list.error : null;
  const nothing = list.isSuccess && total === 0;
  const linkTo = useCallback((run: RunRow) => link({ view: 'details', run: run.run_id, tab: 'overview' }), [link]);
  return (
    <div className={styles.list}>
      <RunListBar
        workspace={workspace}
        state={state}
        change={change}
        keys={keys}
        runs={runs}
        shown={total}
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
          runs={runs}
          total={total}
          columns={columns}
          order={state.order}
          onOrder={(next) => change({ order: next })}
          picked={state.picked}
          onPick={pick}
          hasMore={list.hasNextPage}
          loadingMore={list.isFetchingNextPage}
          onMore={more}
          listKey={`${state.filter} ${order.join()}`}
          link={linkTo}
        />
      )}
      {state.picked.length > 0 && !nothing && <MetricComparison experiment={experiment} keys={keys} state={state} change={change} />}
      <ColumnChooser
        open={choosing}
        keys={keys}
        chosen={ids}
        onChange={(next) => change({ columns: next }, { replace: true })}
        onReset={() => change({ columns: null }, { replace: true })}
        onClose={() => setChoosing(false)}
      />
    </div>
  );
}
