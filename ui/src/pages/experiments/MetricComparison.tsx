/** The pane under the run list: one chart a metric of the ticked runs, each to edit, copy, move or take away. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Skeleton, SkeletonItem } from '@fluentui/react-components';
import { AddRegular, GridRegular, ChevronDownRegular, ChevronUpRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePickedRuns } from '../../api/runs';
import type { ExperimentColumns, ExperimentView } from '../../api/schema';
import { addChart, chartsOf, defaultChart, moveChart, noChanges, removeChart, replaceChart, type ChartSpec } from '../../lib/chartSpec';
import { ErrorState } from '../../parts/ErrorState';
import { RunLegend } from '../../parts/charts/RunLegend';
import { useChartWords } from '../../parts/charts/words';
import type { ChangeState, ExperimentState } from './address';
import { ChartCard } from './ChartCard';
import { ChartEditor } from './ChartEditor';
import styles from './MetricComparison.module.css';
import { Splitter } from './Splitter';

interface Props {
  experiment: ExperimentView;
  keys: ExperimentColumns;
  state: ExperimentState;
  change: ChangeState;
}

const NEW = '+';

export function MetricComparison({ experiment, keys, state, change }: Props) {
  const { t } = useTranslation('experiments');
  const words = useChartWords();
  const [height, setHeight] = useState(360);
  const [open, setOpen] = useState(true);
  const [editing, setEditing] = useState<ChartSpec | null>(null);
  const { data: runs = [], error, isPending, refetch } = usePickedRuns(experiment.workspace, experiment.id, state.picked);
  const metrics = useMemo(() => [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort(), [runs]);
  const specs = useMemo(() => chartsOf(state.charts, metrics), [state.charts, metrics]);
  const shown = specs.map((spec) => spec.id);
  const put = (charts: typeof state.charts) => change({ charts }, { replace: true });

  const save = (spec: ChartSpec) => {
    if (spec.id === NEW) put(addChart(state.charts, spec));
    else put(replaceChart(state.charts, spec));
    setEditing(null);
  };
  const byTitle = (a: ChartSpec, b: ChartSpec) => words.title(a).localeCompare(words.title(b));
  const changed = state.charts !== noChanges;
  return (
    <section className={styles.pane} style={open ? { height } : undefined} aria-label={t('compare.title')}>
      {open && <Splitter height={height} onHeight={setHeight} label={t('compare.resize')} />}
      <header className={styles.head}>
        <Button
          appearance="transparent"
          icon={open ? <ChevronDownRegular /> : <ChevronUpRegular />}
          aria-expanded={open}
          aria-label={t(open ? 'compare.collapse' : 'compare.expand')}
          onClick={() => setOpen(!open)}
        />
        <h2 className={styles.title}>{t('compare.title')}</h2>
        <span className={styles.count}>{t('compare.runs', { count: state.picked.length })}</span>
        <RunLegend runs={runs} onRemove={(id) => change({ picked: state.picked.filter((one) => one !== id) }, { replace: true })} />
        <Button
          size="small"
          icon={<AddRegular />}
          onClick={() => setEditing({ ...defaultChart(NEW), y: metrics.slice(0, 1), title: '' })}
        >
          {t('compare.addChart')}
        </Button>
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" appearance="subtle" icon={<GridRegular />}>
              {t('compare.arrange')}
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem onClick={() => put({ ...state.charts, order: [...specs].sort(byTitle).map((spec) => spec.id) })}>
                {t('compare.byTitle')}
              </MenuItem>
              <MenuItem disabled={!state.charts.hide.length} onClick={() => put({ ...state.charts, hide: [] })}>
                {t('compare.showHidden', { count: state.charts.hide.length })}
              </MenuItem>
              <MenuItem disabled={!changed} onClick={() => put(noChanges)}>
                {t('compare.reset')}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      </header>
      {open && (
        <div className={styles.body}>
          {isPending ? (
            <Skeleton className={styles.grid} aria-label={t('chart.loading')}>
              {[1, 2, 3].map((one) => (
                <SkeletonItem key={one} className={styles.bone} />
              ))}
            </Skeleton>
          ) : error && !runs.length ? (
            <ErrorState error={error} onRetry={() => void refetch()} />
          ) : specs.length === 0 ? (
            <p className={styles.none}>{metrics.length ? t('compare.allHidden') : t('compare.noMetrics')}</p>
          ) : (
            <div className={styles.grid}>
              {specs.map((spec, at) => (
                <ChartCard
                  key={spec.id}
                  workspace={experiment.workspace}
                  spec={spec}
                  runs={runs}
                  first={at === 0}
                  last={at === specs.length - 1}
                  onEdit={() => setEditing(spec)}
                  onCopy={() => put(addChart(state.charts, { ...spec, title: t('compare.copyOf', { title: words.title(spec) }) }))}
                  onMove={(by) => put(moveChart(state.charts, shown, spec.id, by))}
                  onRemove={() => put(removeChart(state.charts, spec.id))}
                />
              ))}
            </div>
          )}
        </div>
      )}
      {editing && (
        <ChartEditor
          key={editing.id}
          workspace={experiment.workspace}
          spec={editing}
          adding={editing.id === NEW}
          keys={keys}
          runs={runs}
          onSave={save}
          onClose={() => setEditing(null)}
        />
      )}
    </section>
  );
}
