/** The rows of a Parquet file of any size; those in sight are read. */
import { Spinner } from '@fluentui/react-components';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { openParquet, type ParquetFile } from '../../lib/parquet';
import { Grid, type GridColumn } from '../table/Grid';
import styles from './ParquetPreview.module.css';

const PAGE = 200;
/** Rows of a table in one element: browsers limit its height. */
const MOST_ROWS = 500_000;
const ROW = 30;

export function ParquetPreview({ url, size, name }: { url: string; size: number; name: string }) {
  const { t } = useTranslation('runs');
  const { data, error, isPending } = useQuery({ queryKey: ['parquet', url, size], queryFn: () => openParquet(url, size), retry: false });
  if (isPending) return <Spinner size="tiny" label={t('files.loading')} />;
  if (error) return <Failed error={error} />;
  return <Rows file={data} url={url} size={size} name={name} />;
}

function Failed({ error }: { error: unknown }) {
  const { t } = useTranslation('runs');
  return (
    <p role="alert" className={styles.note}>
      {error instanceof RangeError ? t('files.largeGroups') : t('files.failed', { why: errorDetail(error) })}
    </p>
  );
}

function Rows({ file, url, size, name }: { file: ParquetFile; url: string; size: number; name: string }) {
  const { t } = useTranslation('runs');
  const [last, setLast] = useState(0);
  const count = Math.min(file.rows, MOST_ROWS);
  const pages = useMemo(() => [...new Set([Math.floor(Math.max(0, last - 60) / PAGE), Math.floor(last / PAGE)])], [last]);
  const read = useQueries({
    queries: pages.map((page) => ({
      queryKey: ['parquet', url, size, page],
      queryFn: () => file.read(page * PAGE, Math.min(count, (page + 1) * PAGE)),
      enabled: count > 0,
      retry: false,
      staleTime: Infinity,
    })),
  });
  const columns = useMemo(() => file.columns.map((label, at): GridColumn => ({ id: String(at), label, width: Math.min(320, Math.max(152, label.length * 8 + 24)) })), [file]);
  const rowOf = (index: number) => read[pages.indexOf(Math.floor(index / PAGE))]?.data?.[index % PAGE];
  const failed = read.find((one) => one.error)?.error;
  if (failed) return <Failed error={failed} />;
  return (
    <div className={styles.table}>
      <p className={styles.note} role="status">
        {t('files.rows', { count: file.rows })}
        {file.rows > count && ` ${t('files.rowsCut', { count })}`}
        {file.leftOut > 0 && ` ${t('files.columnsCut', { count: file.leftOut })}`}
      </p>
      <Grid
        label={t('files.tableOf', { name })}
        count={count}
        columns={columns}
        rowHeight={ROW}
        rowKey={String}
        isLoaded={(index) => rowOf(index) !== undefined}
        onRange={setLast}
        cell={(index, id) => {
          const text = rowOf(index)?.[Number(id)] ?? '';
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
