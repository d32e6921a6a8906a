/** The traces of an experiment or of one run: filtered, sorted, and each opened beside the list with its spans. */
import { Button, SearchBox, Tooltip } from '@fluentui/react-components';
import { ArrowClockwiseRegular, FlowRegular } from '@fluentui/react-icons';
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { path } from '../../api/client';
import type { TraceRow } from '../../api/schema';
import { useTracePages } from '../../api/traces';
import { ApiError, errorDetail } from '../../lib/errors';
import { exactNumber, formatDuration } from '../../lib/format';
import { served } from '../../lib/pathPrefix';
import { useTheme } from '../../lib/theme';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { RelativeTime } from '../../parts/RelativeTime';
import { SidePanel } from '../../parts/SidePanel';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { StatusIcon } from '../runs/RunStatus';
import styles from './TraceList.module.css';

interface Props {
  workspace: string;
  experiment: string;
  /** Only the traces of this run. */
  run?: string;
}

const ICONS: Record<string, string> = { OK: 'FINISHED', ERROR: 'FAILED', IN_PROGRESS: 'RUNNING' };
const NO_TRACES: TraceRow[] = [];

const FIELDS = ['timestamp_ms', 'execution_time_ms', 'name', 'status'] as const;

type Sort = { field: (typeof FIELDS)[number]; down: boolean };

const NEWEST: Sort = { field: 'timestamp_ms', down: true };

function readSort(text: string | null): Sort {
  const field = FIELDS.find((one) => one === text?.replace(/^-/, ''));
  return field ? { field, down: text?.startsWith('-') ?? false } : NEWEST;
}

interface TracesState {
  filter: string;
  sort: Sort;
  /** The id of the trace whose spans are shown; empty: none. */
  opened: string;
}

/** The filter, the order and the opened trace are in the address, so that a link leads to them. */
function useTracesState() {
  const [search, setSearch] = useSearchParams();
  const ordered = search.get('traces.order');
  const sort = useMemo(() => readSort(ordered), [ordered]);
  const change = (part: Partial<TracesState>) => {
    const next = new URLSearchParams(window.location.search);
    const put = (key: string, value: string) => (value ? next.set(key, value) : next.delete(key));
    if (part.filter !== undefined) put('traces', part.filter);
    const order = part.sort && `${part.sort.down ? '-' : ''}${part.sort.field}`;
    if (order) put('traces.order', order === '-timestamp_ms' ? '' : order);
    if (part.opened !== undefined) put('trace', part.opened);
    setSearch(next, { replace: part.opened === undefined });
  };
  return { filter: search.get('traces') ?? '', sort, opened: search.get('trace') ?? '', change };
}

export function TraceList({ workspace, experiment, run }: Props) {
  const { t } = useTranslation('experiments');
  const { filter, sort, opened, change } = useTracesState();
  const [typed, setTyped] = useState(filter);
  const whole = [run ? `run_id = '${run}'` : '', run && filter ? `(${filter})` : filter].filter(Boolean).join(' AND ');
  const order = useMemo(() => [`${sort.field} ${sort.down ? 'DESC' : 'ASC'}`], [sort]);
  const list = useTracePages(workspace, experiment, whole, order);
  const traces = useMemo(() => list.data?.pages.flatMap((page) => page.traces) ?? NO_TRACES, [list.data]);
  const refused = list.error instanceof ApiError && list.error.status === 400 && filter !== '' ? list.error : null;
  return (
    <div className={styles.list}>
      <form
        className={styles.bar}
        onSubmit={(event) => {
          event.preventDefault();
          change({ filter: typed.trim() });
        }}
      >
        <SearchBox
          className={styles.filter}
          aria-label={t('traces.filter')}
          placeholder={t('traces.example', { example: "status = 'ERROR' AND execution_time_ms > 500" })}
          value={typed}
          onChange={(_, data) => {
            setTyped(data.value);
            if (!data.value) change({ filter: '' });
          }}
        />
        <Tooltip content={t('traces.reload')} relationship="label">
          <Button type="button" icon={<ArrowClockwiseRegular />} onClick={() => void list.refetch()} />
        </Tooltip>
        {list.isSuccess && (
          <span className={styles.count} role="status">
            {t(list.hasNextPage ? 'traces.countMore' : 'traces.count', { count: traces.length })}
          </span>
        )}
      </form>
      {refused && (
        <p className={styles.problem} role="alert">
          {errorDetail(refused)}
        </p>
      )}
      {list.isPending ? (
        <TableSkeleton columns={5} />
      ) : refused ? null : list.error && !list.data ? (
        <ErrorState error={list.error} onRetry={() => void list.refetch()} />
      ) : traces.length === 0 ? (
        <EmptyState icon={<FlowRegular />} title={t(filter ? 'traces.nothing' : run ? 'traces.noneOfRun' : 'traces.none')} text={filter ? undefined : t('traces.how')} />
      ) : (
        <Rows
          traces={traces}
          sort={sort}
          onSort={(next) => change({ sort: next })}
          onOpen={(trace) => change({ opened: trace.trace_id })}
          onMore={() => {
            if (list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
          }}
          listKey={`${whole} ${order.join()}`}
        />
      )}
      <SidePanel open={opened !== ''} title={traces.find((one) => one.trace_id === opened)?.name || t('traces.one')} width={760} modal={false} onClose={() => change({ opened: '' })}>
        {opened && <TracePage workspace={workspace} trace={opened} />}
      </SidePanel>
    </div>
  );
}

/** The server's page of a trace: its span tree with times, inputs, outputs and errors. It holds no script. */
function TracePage({ workspace, trace }: { workspace: string; trace: string }) {
  const { t, i18n } = useTranslation('experiments');
  const { theme } = useTheme();
  const search = new URLSearchParams({ trace_id: trace, theme, language: i18n.language });
  const url = `${served(path`/mlflow/${workspace}/static-files/lib/notebook-trace-renderer/index.html`)}?${search.toString()}`;
  return <iframe className={styles.page} title={t('traces.spans')} sandbox="" src={url} />;
}

interface RowsProps {
  traces: TraceRow[];
  sort: Sort;
  onSort: (sort: Sort) => void;
  onOpen: (trace: TraceRow) => void;
  onMore: () => void;
  listKey: string;
}

function Rows({ traces, sort, onSort, onOpen, onMore, listKey }: RowsProps) {
  const { t, i18n } = useTranslation('experiments');
  const hasTokens = traces.some((trace) => trace.tokens !== null);
  const hasScores = traces.some((trace) => trace.assessments.length > 0);
  const columns = useMemo((): GridColumn[] => {
    const sorted = (field: Sort['field'], down: boolean): Pick<GridColumn, 'sort' | 'onSort'> => ({
      sort: sort.field === field ? (sort.down ? 'descending' : 'ascending') : 'none',
      onSort: () => onSort({ field, down: sort.field === field ? !sort.down : down }),
    });
    return [
      { id: 'name', label: t('traces.name'), width: 220, pinned: true, ...sorted('name', false) },
      { id: 'request', label: t('traces.request'), width: 240, grow: true },
      { id: 'response', label: t('traces.response'), width: 240, grow: true },
      ...(hasScores ? [{ id: 'scores', label: t('traces.scores'), width: 200 }] : []),
      { id: 'started', label: t('column.start_time'), width: 130, ...sorted('timestamp_ms', true) },
      { id: 'duration', label: t('column.duration'), width: 100, align: 'end', ...sorted('execution_time_ms', true) },
      ...(hasTokens ? [{ id: 'tokens', label: t('traces.tokens'), width: 90, align: 'end' as const }] : []),
    ];
  }, [t, sort, onSort, hasTokens, hasScores]);
  const cell = (index: number, id: string): ReactNode => {
    const trace = traces[index];
    if (!trace) return null;
    switch (id) {
      case 'name':
        return (
          <span className={styles.name}>
            <StatusIcon status={ICONS[trace.state] ?? 'SCHEDULED'} />
            <button type="button" tabIndex={-1} className={`${styles.open} hl-line`} onClick={() => onOpen(trace)}>
              {trace.name || trace.trace_id}
            </button>
          </span>
        );
      case 'started':
        return <RelativeTime at={trace.request_time} />;
      case 'duration':
        return trace.duration === null ? '–' : formatDuration(trace.duration, i18n.language);
      case 'tokens':
        return trace.tokens === null ? '–' : new Intl.NumberFormat(i18n.language).format(trace.tokens);
      case 'scores':
        return <Line text={trace.assessments.map(({ name, value }) => `${name}: ${shortValue(value)}`).join(', ')} />;
      default:
        return <Line text={id === 'request' ? trace.request : trace.response} />;
    }
  };
  return (
    <Grid
      label={t('traces.label')}
      count={traces.length}
      columns={columns}
      rowKey={(index) => traces[index]?.trace_id ?? String(index)}
      cell={cell}
      onOpen={(index) => {
        const trace = traces[index];
        if (trace) onOpen(trace);
      }}
      onRange={(last) => {
        if (last >= traces.length - 20) onMore();
      }}
      listKey={listKey}
    />
  );
}

/** A value in JSON as a person writes it. */
function shortValue(json: string): string {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'string') return value;
    return typeof value === 'number' ? exactNumber(value) : json;
  } catch {
    return json;
  }
}

function Line({ text }: { text: string }) {
  return (
    <span className="hl-line" title={text}>
      {text || '–'}
    </span>
  );
}
