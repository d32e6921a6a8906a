/** The ticked runs side by side: params and metrics as lines, runs as columns, deltas against a baseline. */
import { Button, SearchBox, Switch, Tooltip } from '@fluentui/react-components';
import { ArrowDownloadRegular, StarFilled, StarRegular, TableMoveLeftRegular } from '@fluentui/react-icons';
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useExperimentColumns } from '../../api/experiments';
import { usePickedRuns } from '../../api/runs';
import type { ExperimentView, RunRow } from '../../api/schema';
import { colorsOf } from '../../lib/chartColors';
import { runLabels } from '../../lib/chartData';
import { toCsv } from '../../lib/chartTable';
import { bestOf, compareLines, deltaOf, type CompareLine } from '../../lib/compareRuns';
import { saveFile } from '../../lib/fileSave';
import { exactNumber } from '../../lib/format';
import { matches } from '../../lib/match';
import { lessIsBetter, type Directions } from '../../lib/metricOrder';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { MetricValue } from '../../parts/MetricValue';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { TableSkeleton } from '../../parts/TableSkeleton';
import type { ChangeState, ExperimentState, useExperimentState } from './address';
import styles from './CompareRuns.module.css';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
  link: ReturnType<typeof useExperimentState>['link'];
}

const KEY = 'key';

export function CompareRuns({ experiment, state, change, link }: Props) {
  const { t } = useTranslation('experiments');
  const { data: keys } = useExperimentColumns(experiment.workspace, experiment.id);
  const { data, error, isPending, refetch } = usePickedRuns(experiment.workspace, experiment.id, state.picked);
  if (state.picked.length < 2) {
    return (
      <EmptyState
        icon={<TableMoveLeftRegular />}
        title={t('sideBySide.none')}
        text={t('sideBySide.noneText')}
        actions={
          <Button appearance="primary" onClick={() => change({ view: 'list' })}>
            {t('sideBySide.toList')}
          </Button>
        }
      />
    );
  }
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (isPending || !data) return <TableSkeleton columns={4} />;
  return <Table runs={data} state={state} change={change} link={link} name={experiment.name} directions={keys?.directions ?? {}} />;
}

function Table({ runs, state, change, link, name, directions }: { directions: Directions; runs: RunRow[]; state: ExperimentState; change: ChangeState; link: Props['link']; name: string }) {
  const { t } = useTranslation('experiments');
  const [differing, setDiffering] = useState(true);
  const [query, setQuery] = useState('');
  const baseline = runs.find((run) => run.run_id === state.baseline) ?? runs[0];
  const lines = useMemo(() => compareLines(runs, differing, (key) => matches(key, query)), [runs, differing, query]);
  const colors = useMemo(() => colorsOf(state.picked), [state.picked]);
  const labels = useMemo(() => runLabels(runs), [runs]);
  const columns: GridColumn[] = [
    { id: KEY, label: t('sideBySide.key'), width: 220, pinned: true },
    ...runs.map((run): GridColumn => ({
      id: run.run_id,
      label: labels.get(run.run_id) ?? run.name,
      width: 190,
      align: 'end',
      pinned: run === baseline,
      head: <RunHead run={run} color={colors.get(run.run_id)} to={link({ view: 'details', run: run.run_id, tab: 'overview' })} isBaseline={run === baseline} onBaseline={() => change({ baseline: run.run_id }, { replace: true })} />,
    })),
  ];
  const save = () => {
    const rows = lines.filter((line) => line.kind !== 'head').map((line) => [line.kind, line.key, ...runs.map((run) => plainValue(run, line))]);
    saveFile(`${name}.csv`, new Blob(['\ufeff', toCsv({ columns: ['kind', 'key', ...runs.map((run) => labels.get(run.run_id) ?? run.name)], rows })], { type: 'text/csv' }));
  };
  return (
    <div className={styles.page}>
      <div className={styles.bar}>
        <Switch label={t('sideBySide.differing')} checked={differing} onChange={(_, data) => setDiffering(data.checked)} />
        <SearchBox className={styles.search} aria-label={t('sideBySide.search')} placeholder={t('sideBySide.search')} value={query} onChange={(_, data) => setQuery(data.value)} />
        <Button icon={<ArrowDownloadRegular />} onClick={save}>
          {t('sideBySide.csv')}
        </Button>
      </div>
      {lines.length === 0 ? (
        <p className={styles.none}>{t(query ? 'compare.nothingFound' : 'sideBySide.same')}</p>
      ) : (
        <Grid
          label={t('sideBySide.label')}
          count={lines.length}
          columns={columns}
          rowKey={(index) => `${lines[index]?.kind}.${lines[index]?.key}`}
          rowClass={(index) => (lines[index]?.kind === 'head' ? styles.head : undefined)}
          cell={(index, id) => {
            const line = lines[index];
            if (!line) return null;
            if (id === KEY) return <Key line={line} />;
            const run = runs.find((one) => one.run_id === id);
            return run && line.kind !== 'head' ? <Value line={line} run={run} runs={runs} baseline={baseline} directions={directions} /> : null;
          }}
        />
      )}
    </div>
  );
}

function plainValue(run: RunRow, { kind, key }: CompareLine): string {
  if (kind === 'params') return run.params[key] ?? '';
  return key in run.metrics ? exactNumber(run.metrics[key]) : '';
}

function Key({ line }: { line: CompareLine }) {
  const { t } = useTranslation('experiments');
  if (line.kind === 'head') return <strong>{t(line.key === 'params' ? 'columns.params' : 'columns.metrics')}</strong>;
  return (
    <span className={line.differs ? styles.differs : styles.alike}>
      <MiddleEllipsis text={line.key} />
    </span>
  );
}

interface HeadProps {
  run: RunRow;
  color: string | undefined;
  to: string;
  isBaseline: boolean;
  onBaseline: () => void;
}

function RunHead({ run, color, to, isBaseline, onBaseline }: HeadProps) {
  const { t } = useTranslation('experiments');
  return (
    <span className={styles.run}>
      <span className={styles.dot} style={{ background: color }} aria-hidden />
      <Link to={to} className={styles.link}>
        <MiddleEllipsis text={run.name} />
      </Link>
      <Tooltip content={t(isBaseline ? 'sideBySide.isBaseline' : 'sideBySide.makeBaseline')} relationship="label">
        <Button size="small" appearance="transparent" icon={isBaseline ? <StarFilled /> : <StarRegular />} onClick={onBaseline} />
      </Tooltip>
    </span>
  );
}

function Value({ line, run, runs, baseline, directions }: { line: CompareLine; run: RunRow; runs: RunRow[]; baseline: RunRow | undefined; directions: Directions }): ReactNode {
  const { key } = line;
  if (line.kind === 'params') {
    const text = run.params[key];
    const other = baseline !== undefined && run !== baseline && text !== baseline.params[key];
    return (
      <span className={`hl-line ${other ? styles.other : ''}`} title={text}>
        {text ?? '–'}
      </span>
    );
  }
  if (!(key in run.metrics)) return <span className={styles.alike}>–</span>;
  const value = run.metrics[key] ?? null;
  const less = lessIsBetter(key, directions);
  const best = bestOf(runs.map((one) => one.metrics[key]), less);
  return <MetricValue value={value} isBest={value !== null && value === best} delta={run === baseline ? null : deltaOf(value, baseline?.metrics[key])} less={less} />;
}
