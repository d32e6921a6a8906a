/** The pane below the run list: a chart per metric of the selected runs, which can be edited, copied, moved or removed. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, SearchBox, Skeleton, SkeletonItem } from '@fluentui/react-components';
import { AddRegular, DataBarHorizontalRegular, GridRegular, ChevronDownRegular, ChevronUpRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSteppedMetrics } from '../../api/metrics';
import { usePickedRuns } from '../../api/runs';
import { useWorkspaces } from '../../api/workspaces';
import type { ExperimentColumns, ExperimentView, RunRow } from '../../api/schema';
import { addChart, chartsOf, defaultChart, moveChart, noChanges, removeChart, replaceChart, suggestedChart, type ChartSpec } from '../../lib/chartSpec';
import { matches } from '../../lib/match';
import { atLeast } from '../../lib/roles';
import { toggled } from '../../lib/stored';
import { ErrorState } from '../../parts/ErrorState';
import { ChartGrid, type ChartItem } from '../../parts/charts/ChartGrid';
import { CurveTools } from '../../parts/charts/CurveTools';
import { RunLegend } from '../../parts/charts/RunLegend';
import { useChartWords } from '../../parts/charts/words';
import { AddToReport } from '../reports/AddToReport';
import { newId } from '../reports/blocks';
import type { ChangeState, ExperimentState } from './address';
import { ChartCard } from './ChartCard';
import { ChartEditor } from './ChartEditor';
import styles from './MetricComparison.module.css';
import { ParamImportancePanel } from './ParamImportancePanel';
import { Splitter } from './Splitter';
import { orderTexts } from './useRunRows';

interface Props {
  experiment: ExperimentView;
  keys: ExperimentColumns;
  state: ExperimentState;
  change: ChangeState;
  colors: Map<string, string>;
}

const NEW = '+';
const MANY = 8;

/** The group of a metric: "train" for "train/loss", none without a prefix. */
function groupOf(spec: ChartSpec): string {
  const key = spec.id.startsWith('+') ? '' : spec.id;
  return key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
}

/** The charts of the selected runs, all and those that match the search. */
function useCharts({ experiment, state }: Pick<Props, 'experiment' | 'state'>, query: string) {
  const words = useChartWords();
  const picked = usePickedRuns(experiment.workspace, experiment.id, state.picked);
  const { data: stepped } = useSteppedMetrics(experiment.workspace, state.picked);
  const all = useMemo(() => picked.data ?? [], [picked.data]);
  const runs = useMemo(() => all.filter((run) => !state.hidden.includes(run.run_id)), [all, state.hidden]);
  const metrics = useMemo(() => [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort(), [runs]);
  const specs = useMemo(() => (stepped ? chartsOf(state.charts, metrics, stepped, state.curves) : []), [state.charts, state.curves, metrics, stepped]);
  const shown = useMemo(() => (query ? specs.filter((spec) => matches(words.title(spec), query)) : specs), [specs, query, words]);
  return { picked, all, runs, metrics, stepped, specs, shown };
}

export function MetricComparison({ experiment, keys, state, change, colors }: Props) {
  const { t } = useTranslation('experiments');
  const words = useChartWords();
  const [height, setHeight] = useState(360);
  const [open, setOpen] = useState(true);
  const [editing, setEditing] = useState<ChartSpec | null>(null);
  const [query, setQuery] = useState('');
  const [explaining, setExplaining] = useState(false);
  const [reporting, setReporting] = useState<ChartSpec | null>(null);
  const writes = useWorkspaces().data?.some((one) => atLeast(one.role, 'contributor')) ?? false;
  const { picked, all, runs, metrics, stepped, specs, shown } = useCharts({ experiment, state }, query);
  const put = (charts: typeof state.charts) => change({ charts }, { replace: true });

  const save = (spec: ChartSpec) => {
    if (spec.id === NEW) put(addChart(state.charts, spec));
    else put(replaceChart(state.charts, spec, suggestedChart(spec.id, stepped ?? new Set(), state.curves)));
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
        <RunLegend runs={all} colors={colors} hidden={state.hidden} onHide={(id) => change({ hidden: toggled(state.hidden, id) }, { replace: true })} onRemove={(id) => change({ picked: state.picked.filter((one) => one !== id) }, { replace: true })} />
        {open && (stepped?.size ?? 0) > 0 && <CurveTools look={state.curves} onChange={(curves) => change({ curves }, { replace: true })} />}
        {open && specs.length > MANY && (
          <SearchBox size="small" className={styles.search} aria-label={t('compare.search')} placeholder={t('compare.search')} value={query} onChange={(_, data) => setQuery(data.value)} />
        )}
        <Button size="small" icon={<AddRegular />} onClick={() => setEditing({ ...defaultChart(NEW), y: metrics.slice(0, 1), title: '' })}>
          {t('compare.addChart')}
        </Button>
        <Button size="small" appearance="subtle" icon={<DataBarHorizontalRegular />} onClick={() => setExplaining(true)}>
          {t('importance.open')}
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
      {!open ? null : picked.error && !all.length ? (
        <ErrorState error={picked.error} onRetry={() => void picked.refetch()} />
      ) : picked.isPending || !stepped ? (
        <Skeleton className={styles.bones} aria-label={t('chart.loading')}>
          {[1, 2, 3].map((one) => (
            <SkeletonItem key={one} className={styles.bone} />
          ))}
        </Skeleton>
      ) : shown.length === 0 ? (
        <p className={styles.none}>{t(all.length && !runs.length ? 'compare.runsHidden' : specs.length ? 'compare.nothingFound' : metrics.length ? 'compare.allHidden' : 'compare.noMetrics')}</p>
      ) : (
        <Cards specs={shown} all={specs} experiment={experiment} state={state} runs={runs} colors={colors} onEdit={setEditing} onReport={writes ? setReporting : undefined} put={put} />
      )}
      {explaining && (
        <ParamImportancePanel experiment={experiment} metrics={keys.metrics} first={metrics[0] ?? keys.metrics[0] ?? ''} filter={state.filter} onClose={() => setExplaining(false)} />
      )}
      {reporting && <ReportChartOf spec={reporting} experiment={experiment} state={state} runs={runs} onClose={() => setReporting(null)} />}
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

/** Put a chart into a report: of these runs, or of those that the page's filter finds first. */
function ReportChartOf({ spec, experiment, state, runs, onClose }: Pick<Props, 'experiment' | 'state'> & { spec: ChartSpec; runs: RunRow[]; onClose: () => void }) {
  const words = useChartWords();
  const place = { workspace: experiment.workspace, experiment: experiment.id };
  const { id: _, ...chart } = { ...spec, title: words.title(spec) };
  return (
    <AddToReport
      workspace={experiment.workspace}
      picks={{ search: null, picks: [{ ...place, runs: runs.map((run) => run.run_id) }] }}
      search={{ search: { ...place, filter: state.filter, order_by: orderTexts(state), limit: Math.max(10, runs.length) }, picks: [] }}
      block={(chosen) => ({ kind: 'chart', id: newId(), runs: chosen, spec: chart })}
      onClose={onClose}
    />
  );
}

interface CardsProps {
  /** The visible charts, and all in order: moving a chart uses positions among all. */
  specs: ChartSpec[];
  all: ChartSpec[];
  experiment: ExperimentView;
  state: ExperimentState;
  runs: RunRow[];
  colors: Map<string, string>;
  onEdit: (spec: ChartSpec) => void;
  onReport: ((spec: ChartSpec) => void) | undefined;
  put: (charts: ExperimentState['charts']) => void;
}

function Cards({ specs, all, experiment, state, runs, colors, onEdit, onReport, put }: CardsProps) {
  const { t } = useTranslation('experiments');
  const words = useChartWords();
  const byId = useMemo(() => new Map(specs.map((spec) => [spec.id, spec])), [specs]);
  const ids = useMemo(() => all.map((spec) => spec.id), [all]);
  // If the user has moved charts, keep that order.
  const items = useMemo(() => specs.map((spec): ChartItem => ({ id: spec.id, group: state.charts.order.length ? '' : groupOf(spec) })), [specs, state.charts.order]);
  return (
    <ChartGrid
      label={t('compare.title')}
      items={items}
      card={(id) => {
        const spec = byId.get(id);
        if (!spec) return null;
        return (
          <ChartCard
            key={id}
            workspace={experiment.workspace}
            spec={spec}
            runs={runs}
            colors={colors}
            first={ids[0] === id}
            last={ids.at(-1) === id}
            onEdit={() => onEdit(spec)}
            onCopy={() => put(addChart(state.charts, { ...spec, title: t('compare.copyOf', { title: words.title(spec) }) }))}
            onMove={(by) => put(moveChart(state.charts, ids, id, by))}
            onDropped={(moved) => put(moveChart(state.charts, ids, moved, ids.indexOf(id) - ids.indexOf(moved)))}
            onRemove={() => put(removeChart(state.charts, id))}
            onReport={onReport && (() => onReport(spec))}
          />
        );
      }}
    />
  );
}
