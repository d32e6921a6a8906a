/** The previews that need more than a <pre>: JSON, tables, markdown and web pages in a sandbox of their own. */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { parseTable } from '../../lib/filePreview';
import { useTheme } from '../../lib/theme';
import styles from './FilePreview.module.css';
import { JsonTree } from './JsonTree';

const ROWS = 1000;

export function JsonPreview({ text }: { text: string }) {
  const { t } = useTranslation('runs');
  const read = useMemo((): { value: unknown } | null => {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return null;
    }
  }, [text]);
  if (read) return <JsonTree value={read.value} />;
  return (
    <>
      <p className={styles.note}>{t('files.notJson')}</p>
      <pre className={styles.text}>{text}</pre>
    </>
  );
}

export function TablePreview({ text, separator }: { text: string; separator: string }) {
  const { t } = useTranslation('runs');
  const rows = useMemo(() => parseTable(text, separator, ROWS + 2), [text, separator]);
  const [head = [], ...body] = rows;
  return (
    <>
      {body.length > ROWS && <p className={styles.note}>{t('files.firstRows', { count: ROWS })}</p>}
      <table className={styles.table}>
        <thead>
          <tr>
            {head.map((name, at) => (
              <th key={at}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.slice(0, ROWS).map((row, at) => (
            <tr key={at}>
              {row.map((cell, column) => (
                <td key={column} className={cell.trim() !== '' && Number.isFinite(Number(cell)) ? 'hl-number' : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** A page that someone logged: an origin of its own, no cookies, no way to this page, no requests to anywhere. */
export function PagePreview({ html, name, scripts = false }: { html: string; name: string; scripts?: boolean }) {
  const inner = scripts ? `'unsafe-inline' 'unsafe-eval'` : `'none'`;
  const rule = `default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; font-src data:; script-src ${inner}`;
  const page = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${rule}">${html}`;
  return <iframe className={styles.page} title={name} sandbox={scripts ? 'allow-scripts' : ''} srcDoc={page} />;
}

const MARKDOWN_STYLE: Record<'light' | 'dark', string> = {
  light: 'color:#242424;background:#fff',
  dark: 'color:#fff;background:#292929',
};

export function MarkdownPreview({ text, name }: { text: string; name: string }) {
  const { theme } = useTheme();
  const { data } = useQuery({
    queryKey: ['markdown', text],
    queryFn: async () => (await import('marked')).marked.parse(text),
    staleTime: Infinity,
  });
  if (data === undefined) return null;
  const style = `<style>body{margin:0;font:14px/1.6 system-ui,sans-serif;${MARKDOWN_STYLE[theme]}}pre,code{font-family:monospace}table{border-collapse:collapse}td,th{border:1px solid #8888;padding:4px 8px}</style>`;
  return <PagePreview html={style + data} name={name} />;
}
