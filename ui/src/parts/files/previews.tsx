/** The previews that need more than a <pre>: JSON, tables, markdown and web pages in a frame of their own. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { parseTable, readSplitTable } from '../../lib/filePreview';
import { matrixOfJson, matrixOfTable } from '../../lib/matrix';
import { Markdown } from '../Markdown';
import { Grid, type GridColumn } from '../table/Grid';
import { JsonTree } from './JsonTree';
import { MatrixView } from './MatrixView';
import { LongText } from '../LongText';
import styles from './previews.module.css';

const ROWS = 100_000;

interface TextProps {
  name: string;
  text: string;
}

/** Rows of a confusion matrix are what was, as scikit-learn and MLflow write it. */
function isConfusion(name: string): boolean {
  return /confusion/i.test(name);
}

export function JsonPreview({ name, text }: TextProps) {
  const { t } = useTranslation('runs');
  const read = useMemo((): { value: unknown } | null => {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return null;
    }
  }, [text]);
  const table = useMemo(() => (read ? readSplitTable(read.value) : null), [read]);
  const matrix = useMemo(() => (read ? matrixOfJson(read.value) : null), [read]);
  if (table) return <TableView name={name} columns={table.columns} rows={table.rows} />;
  if (read && matrix) return <MatrixView matrix={matrix} confusion={isConfusion(name)} plain={<JsonTree value={read.value} />} />;
  if (read) return <JsonTree value={read.value} />;
  return (
    <>
      <p className={styles.note}>{t('files.notJson')}</p>
      <pre className={styles.text}>
        <LongText text={text} />
      </pre>
    </>
  );
}

export function TablePreview({ name, text, separator }: TextProps & { separator: string }) {
  const [columns, rows] = useMemo((): [string[], string[][]] => {
    const [head = [], ...body] = parseTable(text, separator, ROWS);
    return [head, body];
  }, [text, separator]);
  return <TableView name={name} columns={columns} rows={rows} />;
}

interface TableProps {
  columns: string[];
  rows: string[][];
}

function TableView({ name, columns, rows }: TableProps & { name: string }) {
  const matrix = useMemo(() => matrixOfTable(columns, rows), [columns, rows]);
  const plain = <DataGrid columns={columns} rows={rows} />;
  return matrix ? <MatrixView matrix={matrix} confusion={isConfusion(name)} plain={plain} /> : plain;
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text));
}

function DataGrid({ columns, rows }: TableProps) {
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

/** A PDF in the browser's own viewer, which runs none of the page's scripts; the server sends it as nothing but a PDF. */
export function DocumentPreview({ url, name }: { url: string; name: string }) {
  return <iframe className={styles.page} title={name} src={url} />;
}

export function MarkdownPreview({ text }: { text: string }) {
  return <Markdown text={text} />;
}
