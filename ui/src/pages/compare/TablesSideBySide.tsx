/** Tables of several runs as one: each column once for each run, values marked that differ from the first run's. */
import { Button, Spinner, Switch } from '@fluentui/react-components';
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { alignTables, differingLines, type AlignedTables, type RunTable } from '../../lib/compareFiles';
import { errorDetail } from '../../lib/errors';
import { parseTable, previewLimits, readSplitTable } from '../../lib/filePreview';
import { formatBytes } from '../../lib/format';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import type { FileRun, HeldFile } from './sharedFiles';
import { useTexts } from './sharedFiles';
import styles from './TablesSideBySide.module.css';

/** Tables that are read at once: each may have a million bytes. */
const MOST_TABLES = 20;
const MOST_ROWS = 100_000;
const NUMBER = ' number';

interface Props {
  held: HeldFile[];
  kind: 'table' | 'json';
  /** What is shown of JSON files that are no tables. */
  otherwise: ReactNode;
}

function tableOf(name: string, text: string): RunTable | null {
  if (!name.toLowerCase().endsWith('json')) {
    const [columns = [], ...rows] = parseTable(text, name.toLowerCase().endsWith('.tsv') ? '\t' : ',', MOST_ROWS);
    return { columns, rows };
  }
  try {
    return readSplitTable(JSON.parse(text));
  } catch {
    return null;
  }
}

export function TablesSideBySide({ held: all, kind, otherwise }: Props) {
  const { t, i18n } = useTranslation(['experiments', 'runs', 'shell']);
  const limit = previewLimits[kind];
  const isLarge = kind === 'json' && all.some(({ file }) => (file.size ?? 0) > limit);
  const held = useMemo(() => (isLarge ? [] : all.slice(0, MOST_TABLES)), [all, isLarge]);
  const { texts, isPending, error, retry } = useTexts(held, limit);
  const joined = isPending || error ? null : texts;
  const tables = useMemo(() => joined?.map((text, at) => tableOf(held[at]?.file.name ?? '', text)) ?? [], [joined, held]);
  // A part of a JSON file is no table: the beginnings are compared as text.
  if (isLarge) return otherwise;
  if (error) {
    return (
      <div role="alert" className={styles.note}>
        <p>{t('runs:files.failed', { why: errorDetail(error) })}</p>
        <Button onClick={retry}>{t('shell:retry')}</Button>
      </div>
    );
  }
  if (isPending) return <Spinner size="tiny" label={t('runs:files.loading')} />;
  const read = tables.flatMap((table) => table ?? []);
  if (read.length < held.length || read.length === 0) return otherwise;
  const cut = held.some(({ file }) => (file.size ?? 0) > limit);
  return (
    <>
      {all.length > held.length && <p className={styles.note}>{t('files.mostTables', { count: held.length, all: all.length })}</p>}
      {cut && <p className={styles.note}>{t('files.cut', { size: formatBytes(limit, i18n.language) })}</p>}
      <Aligned runs={held.map(({ run }) => run)} tables={read} />
    </>
  );
}

function Aligned({ runs, tables }: { runs: FileRun[]; tables: RunTable[] }) {
  const { t } = useTranslation('experiments');
  const [by, setBy] = useState('');
  const [differing, setDiffering] = useState(false);
  const aligned = useMemo(() => alignTables(tables, by || null), [tables, by]);
  const changed = useMemo(() => differingLines(aligned), [aligned]);
  const lines = differing ? changed : null;
  const count = lines ? lines.length : aligned.lines.length;
  const lineAt = (index: number) => (lines ? (lines[index] ?? 0) : index);
  const columns = useMemo(() => columnsOf(aligned, runs, by, t('files.row')), [aligned, runs, by, t]);
  const groups = [
    { name: '', choices: [{ id: '', name: t('files.byNumber') }] },
    { name: t('files.byColumn'), choices: aligned.columns.map((name) => ({ id: name, name })) },
  ];
  return (
    <>
      <div className={styles.bar}>
        <span id="match-rows">{t('files.match')}</span>
        <ChoiceBox aria-label={t('files.match')} value={by || t('files.byNumber')} groups={groups} onChoose={setBy} />
        {tables.length > 1 && <Switch label={t('files.differing')} checked={differing} onChange={(_, data) => setDiffering(data.checked)} />}
        {tables.length > 1 && <span className={styles.count}>{t('files.rowsDiffer', { count: changed.length, all: aligned.lines.length })}</span>}
      </div>
      {count === 0 ? (
        <p className={styles.none}>{t(differing ? 'files.rowsSame' : 'files.noRows')}</p>
      ) : (
        <Grid
          className={styles.grid}
          label={t('files.tables')}
          count={count}
          columns={columns}
          rowHeight={30}
          listKey={`${by} ${differing}`}
          rowKey={(index) => String(lineAt(index))}
          cell={(index, id) => <Cell aligned={aligned} line={lineAt(index)} column={id} by={by} />}
        />
      )}
    </>
  );
}

/** Ids of columns are `<table>:<name>`; the first column has the row's number or the value that rows are matched by. */
function columnsOf(aligned: AlignedTables, runs: FileRun[], by: string, row: string): GridColumn[] {
  const first: GridColumn = { id: NUMBER, label: by || row, width: by ? 200 : 64, pinned: true, align: by ? 'start' : 'end' };
  const isNumeric = (name: string, table: number) => {
    const text = aligned.lines.length ? aligned.cell(0, name, table) : null;
    return text !== null && text.trim() !== '' && Number.isFinite(Number(text));
  };
  const others = aligned.columns.filter((name) => name !== by);
  return [
    first,
    ...others.flatMap((name) =>
      runs.map(
        (run, table): GridColumn => ({
          id: `${table}:${name}`,
          label: `${name} · ${run.name}`,
          width: 190,
          align: isNumeric(name, table) ? 'end' : 'start',
          head: <Head name={name} run={run} />,
        }),
      ),
    ),
  ];
}

function Head({ name, run }: { name: string; run: FileRun }) {
  return (
    <span className={styles.head} title={`${name} · ${run.name}`}>
      <span className={styles.dot} style={{ background: run.color }} aria-hidden />
      <span className={styles.column}>{name}</span>
      <span className={styles.run}>{run.name}</span>
    </span>
  );
}

function Cell({ aligned, line, column, by }: { aligned: AlignedTables; line: number; column: string; by: string }) {
  if (column === NUMBER) {
    const at = aligned.lines[line]?.findIndex((row) => row !== null) ?? 0;
    return <span className="hl-line">{by ? aligned.cell(line, by, at) : line + 1}</span>;
  }
  const end = column.indexOf(':');
  const [table, name] = [Number(column.slice(0, end)), column.slice(end + 1)];
  const text = aligned.cell(line, name, table);
  const differs = table > 0 && text !== aligned.cell(line, name, 0);
  return (
    <span className={`hl-line ${differs ? styles.differs : ''}`} title={text ?? undefined}>
      {text ?? '–'}
    </span>
  );
}
