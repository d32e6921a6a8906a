/** The previews that need more than a <pre>: JSON, tables, markdown and web pages in a frame of their own. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { parseTable, readSplitTable } from '../../lib/filePreview';
import { Markdown } from '../Markdown';
import { Grid, type GridColumn } from '../table/Grid';
import { JsonTree } from './JsonTree';
import styles from './previews.module.css';

const ROWS = 100_000;

export function JsonPreview({ text }: { text: string }) {
  const { t } = useTranslation('runs');
  const read = useMemo((): { value: unknown } | null => {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return null;
    }
  }, [text]);
  const table = useMemo(() => (read ? readSplitTable(read.value) : null), [read]);
  if (table) return <DataGrid columns={table.columns} rows={table.rows} />;
  if (read) return <JsonTree value={read.value} />;
  return (
    <>
      <p className={styles.note}>{t('files.notJson')}</p>
      <pre className={styles.text}>{text}</pre>
    </>
  );
}

export function TablePreview({ text, separator }: { text: string; separator: string }) {
  const [head = [], ...body] = useMemo(() => parseTable(text, separator, ROWS), [text, separator]);
  return <DataGrid columns={head} rows={body} />;
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text));
}

function DataGrid({ columns, rows }: { columns: string[]; rows: string[][] }) {
  const { t } = useTranslation('runs');
  const shown = useMemo(
    () => columns.map((label, at): GridColumn => ({ id: String(at), label, width: Math.min(320, Math.max(80, label.length * 8 + 24)), align: isNumber(rows[0]?.[at]) ? 'end' : 'start' })),
    [columns, rows],
  );
  return (
    <div className={styles.table}>
      <Grid
        label={t('files.table')}
        count={rows.length}
        columns={shown}
        rowHeight={30}
        rowKey={String}
        cell={(index, id) => {
          const text = rows[index]?.[Number(id)] ?? '';
          return (
            <span className="hl-line" title={text}>
              {text}
            </span>
          );
        }}
      />
    </div>
  );
}

/** A logged HTML page in a sandboxed iframe: opaque origin, no cookies, no access to this page, no requests. */
export function PagePreview({ url, name }: { url: string; name: string }) {
  return <iframe className={styles.page} title={name} sandbox="allow-scripts" src={url} />;
}

export function MarkdownPreview({ text }: { text: string }) {
  return <Markdown text={text} />;
}
