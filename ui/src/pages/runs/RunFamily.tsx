/** A nested run's parent, children and siblings. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useSearchParams } from 'react-router';
import { useChildRuns, usePickedRuns } from '../../api/runs';
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

interface Family {
  runs: RunRow[];
  total: number;
  /** What the runs are shown with. */
  metric: string | null;
}

/** The children of one run and how many there are, with the main metric of the run that is shown: or their own, where none has that. */
function useChildrenOf(workspace: string, detail: RunDetail, parent: string | undefined): Family {
  const { experiment } = detail.row;
  const metric = mainMetricOf(detail);
  const parents = parent ? [parent] : [];
  const found = useChildRuns(workspace, experiment, parents, ORDER, metric ? [`metrics.${metric}`] : []).get(parent ?? '') ?? { runs: [], total: 0 };
  const lacks = found.runs.length > 0 && !found.runs.some((run) => metric && metric in run.metrics);
  const first = usePickedRuns(workspace, experiment, lacks ? found.runs.slice(0, 1).map((run) => run.run_id) : []).data?.[0];
  const own = lacks && first ? mainMetric(Object.keys(first.metrics)) : null;
  const again = useChildRuns(workspace, experiment, own ? parents : [], ORDER, [`metrics.${own ?? ''}`]).get(parent ?? '');
  return { ...(again ?? found), metric: own ?? metric };
}

export function useChildren(workspace: string, detail: RunDetail): Family {
  return useChildrenOf(workspace, detail, detail.row.run_id);
}

function mainMetricOf(detail: RunDetail): string | null {
  return mainMetric(detail.metric_summaries.map((one) => one.key));
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
  const { t } = useTranslation('runs');
  const { runs, total, metric } = useChildren(workspace, detail);
  return total > 0 && <Relatives title={t('children.title')} total={total} runs={runs} metric={metric} />;
}

/** The other children of the run's parent. */
export function SiblingRuns({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const { runs, total, metric } = useChildrenOf(workspace, detail, detail.parent?.run_id);
  const others = useMemo(() => runs.filter((run) => run.run_id !== detail.row.run_id), [runs, detail.row.run_id]);
  return others.length > 0 && <Relatives title={t('children.siblings')} total={total - 1} runs={others} metric={metric} />;
}

function Relatives({ title, total, runs, metric }: Family & { title: string }) {
  const { t, i18n } = useTranslation('runs');
  const link = useRunLink();
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'name', label: t('children.name'), width: 180, grow: true },
      { id: 'status', label: t('fact.status'), width: 110 },
      { id: 'duration', label: t('fact.duration'), width: 100, align: 'end' },
      ...(metric ? [{ id: 'metric', label: metric, width: 120, align: 'end' as const }] : []),
    ],
    [t, metric],
  );
  return (
    <section aria-label={title}>
      <SectionHeading>
        {title} <span>{total}</span>
      </SectionHeading>
      <Grid
        label={title}
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
