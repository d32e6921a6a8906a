/** A nested run's parent and children. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { useChildRuns } from '../../api/runs';
import type { RunDetail, RunRow } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { mainMetric } from '../../lib/metricOrder';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { SectionHeading } from '../../parts/SectionHeading';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { Duration } from './Duration';
import styles from './RunFamily.module.css';
import { RunStatus } from './RunStatus';

const ORDER = ['attributes.start_time ASC'];

/** The children of one run, and how many there are. */
export function useChildren(workspace: string, detail: RunDetail): { runs: RunRow[]; total: number } {
  const metric = mainMetric(detail.metric_summaries.map((one) => one.key));
  const { experiment, run_id: id } = detail.row;
  const parents = useMemo(() => [id], [id]);
  const shown = useMemo(() => (metric ? [`metrics.${metric}`] : []), [metric]);
  return useChildRuns(workspace, experiment, parents, ORDER, shown).get(id) ?? { runs: [], total: 0 };
}

function useRunLink(): (run: string) => string {
  const [search] = useSearchParams();
  return (run) => {
    const next = new URLSearchParams(search);
    next.set('view', 'details');
    next.set('run', run);
    next.delete('tab');
    return `?${next.toString()}`;
  };
}

export function ParentLink({ parent }: { parent: RunDetail['parent'] }) {
  const link = useRunLink();
  if (!parent) return null;
  return (
    <Link to={link(parent.run_id)} className={styles.link}>
      <MiddleEllipsis text={parent.name} />
    </Link>
  );
}

export function ChildRuns({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t, i18n } = useTranslation('runs');
  const link = useRunLink();
  const { runs, total } = useChildren(workspace, detail);
  const metric = mainMetric(detail.metric_summaries.map((one) => one.key));
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'name', label: t('children.name'), width: 180, grow: true },
      { id: 'status', label: t('fact.status'), width: 110 },
      { id: 'duration', label: t('fact.duration'), width: 100, align: 'end' },
      ...(metric ? [{ id: 'metric', label: metric, width: 120, align: 'end' as const }] : []),
    ],
    [t, metric],
  );
  if (!total) return null;
  return (
    <section aria-label={t('children.title')}>
      <SectionHeading>
        {t('children.title')} <span>{total}</span>
      </SectionHeading>
      <Grid
        label={t('children.title')}
        count={runs.length}
        columns={columns}
        maxHeight={320}
        rowKey={(index) => runs[index]?.run_id ?? String(index)}
        cell={(index, id) => {
          const run = runs[index];
          if (!run) return null;
          if (id === 'status') return <RunStatus status={run.status} />;
          if (id === 'duration') return <Duration run={run} />;
          if (id === 'metric') return metric && metric in run.metrics ? formatNumber(run.metrics[metric], i18n.language) : '–';
          return (
            <Link to={link(run.run_id)} tabIndex={-1} className={styles.link}>
              <MiddleEllipsis text={run.name} />
            </Link>
          );
        }}
      />
    </section>
  );
}
