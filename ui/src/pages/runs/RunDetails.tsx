/** Run details: list of runs at the left, best first, and the selected one at the right. */
import { Spinner } from '@fluentui/react-components';
import { startTransition, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useExperimentColumns } from '../../api/experiments';
import { useRun, useRunPages } from '../../api/runs';
import type { ExperimentView } from '../../api/schema';
import { joinFilter, orderText } from '../../lib/filterText';
import { ErrorState } from '../../parts/ErrorState';
import type { ChangeState, ExperimentState } from '../experiments/address';
import { EmptyRuns } from '../experiments/EmptyRuns';
import styles from './RunDetails.module.css';
import { RunPicker } from './RunPicker';
import { RunView } from './RunView';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
}

/** The value in a pass of its own, which is drawn after the rest of the page and in slices that leave room for input. */
function useSecondPass<T>(value: T): T | undefined {
  const [second, setSecond] = useState(false);
  useEffect(() => startTransition(() => setSecond(true)), []);
  return useDeferredValue(second ? value : undefined);
}

export function RunDetails({ experiment, state, change }: Props) {
  const { t } = useTranslation('runs');
  const { id, workspace } = experiment;
  const [query, setQuery] = useState('');
  const clause = { kind: 'attributes', key: 'run_name', operator: 'ILIKE', value: query.trim() } as const;
  const filter = query.trim() ? joinFilter(state.filter, clause) : state.filter;
  const order = useMemo(() => [orderText(state.order.field, state.order.down)], [state.order]);
  const { data: keys } = useExperimentColumns(workspace, id);
  const shownColumns = useMemo(() => [state.order.field, 'params.estimator'], [state.order.field]);
  const list = useRunPages(workspace, id, filter, order, shownColumns, 'flat');
  const runs = useMemo(() => list.data?.pages.flatMap((page) => page.runs) ?? [], [list.data]);
  const shown = state.run || (runs[0]?.run_id ?? '');
  const run = useRun(workspace, shown);
  const detail = useSecondPass(run.data);

  if (!shown && list.isSuccess && !filter) return <EmptyRuns experiment={experiment} />;
  return (
    <div className={styles.details}>
      <RunPicker
        runs={runs}
        loading={list.isPending}
        error={list.error}
        more={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
        metrics={keys?.metrics ?? []}
        directions={keys?.directions ?? {}}
        order={state.order}
        onOrder={(next) => change({ order: next }, { replace: true })}
        query={query}
        onQuery={setQuery}
        selected={shown}
        onSelect={(next) => change({ run: next })}
      />
      <div className={styles.run}>
        {run.data && detail?.row.run_id === shown ? (
          <RunView
            key={shown}
            workspace={workspace}
            detail={detail}
            tab={state.tab}
            onTab={(tab) => change({ tab, run: shown }, { replace: true })}
            onDeleted={() => change({ run: '' }, { replace: true })}
          />
        ) : run.error ? (
          <ErrorState error={run.error} onRetry={() => void run.refetch()} />
        ) : shown || list.isPending ? (
          <Spinner className={styles.wait} label={t('loading')} />
        ) : (
          <p className={styles.none}>{t('picker.nothing')}</p>
        )}
      </div>
    </div>
  );
}
