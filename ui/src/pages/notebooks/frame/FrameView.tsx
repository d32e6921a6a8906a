/** `display(df)` under its cell: all rows with sort, search and filters, statistics of columns, charts, and downloads. */
import { Button, SearchBox, Spinner, Tag, TagGroup, ToggleButton, Tooltip } from '@fluentui/react-components';
import { DataHistogramRegular } from '@fluentui/react-icons';
import { useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FRAME_TARGET, type Filter } from '../lab/displayed';
import type { KernelRequests } from '../lab/kernelRequests';
import type { NotebookHost } from '../lab/notebookHost';
import { useKernelRequests } from '../useKernelRequests';
import { useEditorActions } from '../EditorActions';
import { ChartTabs, TABLE_TAB } from './charts/ChartTabs';
import { ChartView } from './charts/ChartView';
import type { FrameChart, Proposal } from './charts/frameChart';
import { useFrameCharts } from './charts/useFrameCharts';
import { nextSort, readFrame, type Frame, type Sort } from './frame';
import { FrameExport } from './FrameExport';
import { FrameRows } from './FrameRows';
import { FrameStatistics } from './FrameStatistics';
import { isComplete, REACHABLE, useRows, type Rows } from './useRows';
import styles from './FrameView.module.css';

interface Props {
  data: unknown;
  host: NotebookHost;
  /** Where it stands among a cell's outputs. A frame elsewhere has no charts. */
  node?: HTMLElement;
}

export function FrameView({ data, host, node }: Props) {
  const { t } = useTranslation('notebooks');
  const frame = useMemo(() => readFrame(data), [data]);
  if (!frame) return <p className={styles.note}>{t('frame.broken')}</p>;
  return <FrameTable frame={frame} host={host} node={node ?? null} />;
}

function FrameTable({ frame, host, node }: { frame: Frame; host: NotebookHost; node: HTMLElement | null }) {
  const { t } = useTranslation('notebooks');
  const { canWrite } = useEditorActions();
  const kept = useFrameCharts(host, node);
  const [tab, setTab] = useState<string | null>(null);
  const [editing, setEditing] = useState(false);
  const [filter, setFilter] = useState('');
  const [filters, setFilters] = useState<readonly Filter[]>([]);
  const [sort, setSort] = useState<Sort | null>(null);
  const [column, setColumn] = useState<number | null>(null);
  const displayed = useKernelRequests(host, FRAME_TARGET, frame.key);
  const search = useDeferredValue(filter.trim());
  const used = displayed ? filters : NONE; // without the session there is nobody to apply them
  const asked = useMemo(() => ({ search, filters: used, sort }), [search, used, sort]);
  const rows = useRows(frame, displayed, asked);
  const narrowed = search !== '' || used.length > 0;
  const charts = kept?.charts ?? NO_CHARTS;
  const chart = charts.find((one) => one.id === (tab ?? charts.at(-1)?.id));
  const add = (proposal: Proposal, own: boolean) => {
    const id = crypto.randomUUID();
    kept?.put(id, { ...proposal, id, table: kept.table, title: '', bins: 20, numbers: null, of: null });
    setTab(id);
    setEditing(own);
  };

  return (
    <section className={styles.frame} data-chrome data-chart={chart ? true : undefined} aria-label={t('frame.label')}>
      {kept && frame.columns.length > 0 && (
        <ChartTabs
          frame={frame}
          charts={charts}
          shown={chart?.id ?? TABLE_TAB}
          onShow={setTab}
          onAdd={canWrite ? add : null}
          hindrance={displayed ? null : t('chart.needsSession')}
        />
      )}
      <div className={styles.bar}>
        <span className={styles.counts} aria-live="polite">
          {useCounts(frame, rows, narrowed, displayed !== null)}
          {rows.waiting && (
            <Spinner size="extra-tiny" label={t(host.runner.isBusy ? 'frame.behindCell' : 'frame.waiting')} />
          )}
        </span>
        <SearchBox
          size="small"
          className={styles.filter}
          aria-label={t('frame.filter')}
          placeholder={t('frame.filter')}
          value={filter}
          onChange={(_, { value }) => setFilter(value)}
        />
        {displayed && !chart && frame.columns.length > 0 && (
          <Tooltip content={t('frame.statistics')} relationship="label">
            <ToggleButton
              size="small"
              appearance="subtle"
              checked={column !== null}
              icon={<DataHistogramRegular />}
              onClick={() => setColumn(column === null ? (sort?.column ?? 0) : null)}
            />
          </Tooltip>
        )}
        <FrameExport frame={frame} displayed={displayed} asked={asked} count={rows.matching ?? 0} name={host.panel.title.label} />
      </div>
      {used.length > 0 && <Filters frame={frame} filters={filters} onChange={setFilters} />}
      {!chart && <Notes frame={frame} rows={rows} displayed={displayed} />}
      {chart && kept ? (
        <ChartView
          key={chart.id}
          chart={chart}
          frame={frame}
          displayed={displayed}
          asked={asked}
          narrowed={narrowed}
          editing={editing}
          onEditing={setEditing}
          onChange={canWrite ? (next) => kept.put(chart.id, next) : null}
        />
      ) : (
        <div className={styles.middle}>
          <FrameRows frame={frame} rows={rows} asked={asked} onSort={(at) => setSort((old) => nextSort(old, at))} />
          {displayed && column !== null && (
            <FrameStatistics
              frame={frame}
              displayed={displayed}
              asked={asked}
              column={column}
              onColumn={setColumn}
              onFilter={(...added) => setFilters((old) => [...old, ...added])}
            />
          )}
        </div>
      )}
    </section>
  );
}

const NO_CHARTS: FrameChart[] = [];
const NONE: readonly Filter[] = [];

/** "442 rows, 11 columns"; "3 of 20,000 rows match"; "1,000 of 20,000 rows" where only those were saved. */
function useCounts(frame: Frame, { matching, failed }: Rows, narrowed: boolean, live: boolean): string {
  const { t, i18n } = useTranslation('notebooks');
  const say = (n: number) => new Intl.NumberFormat(i18n.language).format(n);
  const sent = frame.rows.length;
  const columns = t('frame.columns', { count: frame.columns.length });
  const total = live && !failed ? (frame.total ?? sent) : sent;
  if (narrowed) {
    const shown = matching === null ? '…' : say(matching);
    return `${t('frame.match', { shown, total: say(total), count: total })}, ${columns}`;
  }
  if (frame.total === null) return `${t('frame.first', { shown: say(sent), count: sent })}, ${columns}`;
  if (frame.exact && total === frame.total) {
    return `${t('frame.rows', { shown: say(total), count: total })}, ${columns}`;
  }
  const key = frame.exact ? 'frame.rowsOf' : 'frame.rowsOfMore';
  return `${t(key, { shown: say(sent), total: say(frame.total), count: frame.total })}, ${columns}`;
}

/** What the table does not show, and what to do about it. */
function Notes({ frame, rows, displayed }: { frame: Frame; rows: Rows; displayed: KernelRequests | null }) {
  const { t } = useTranslation('notebooks');
  if (rows.failed) return <p className={styles.hint}>{rows.failed}</p>;
  if (!displayed && frame.key && !isComplete(frame)) return <p className={styles.hint}>{t('frame.savedOnly')}</p>;
  if ((rows.matching ?? 0) > REACHABLE && rows.count === REACHABLE) return <p className={styles.hint}>{t('frame.tooMany')}</p>;
  return null;
}

interface FiltersProps {
  frame: Frame;
  filters: readonly Filter[];
  onChange: (filters: readonly Filter[]) => void;
}

function Filters({ frame, filters, onChange }: FiltersProps) {
  const { t } = useTranslation('notebooks');
  return (
    <div className={styles.filters}>
      <TagGroup
        size="small"
        aria-label={t('frame.filters')}
        onDismiss={(_, { value }) => onChange(filters.filter((_one, i) => String(i) !== value))}
      >
        {filters.map(({ column, operator, value }, i) => {
          const says = t(`frame.operator.${operator}`);
          const valued = operator !== 'missing' && operator !== 'present';
          return (
            <Tag key={i} value={String(i)} dismissible dismissIcon={{ 'aria-label': t('frame.removeFilter') }}>
              {`${frame.columns[column]?.name ?? ''} ${says}${valued ? ` ${value}` : ''}`}
            </Tag>
          );
        })}
      </TagGroup>
      <Button size="small" appearance="subtle" onClick={() => onChange([])}>
        {t('frame.removeFilters')}
      </Button>
    </div>
  );
}
