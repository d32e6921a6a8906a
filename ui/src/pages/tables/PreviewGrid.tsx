/** The rows of a version of a table, which are fetched as they come into view. */
import { Button, MessageBar, MessageBarBody, Spinner } from '@fluentui/react-components';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { LakeTableDetail } from '../../api/schema';
import { useTableRows, type TablePlace } from '../../api/tables';
import { cellText, columnWidths, isNumeric, kindOf, shownText } from '../notebooks/frame/frame';
import { errorDetail } from '../../lib/errors';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import styles from './PreviewGrid.module.css';

const AHEAD = 40;
/** More rows than this are higher than a browser can scroll. */
const REACHABLE = 500_000;

export function PreviewGrid({ place, detail }: { place: TablePlace; detail: LakeTableDetail }) {
  const { t } = useTranslation(['tables', 'shell']);
  const { data, error, isPending, isFetching, hasNextPage, fetchNextPage, refetch } = useTableRows(place, detail.version);
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  const first = data?.pages[0];
  const names = useMemo(() => first?.columns ?? [], [first]);
  const types = useMemo(() => new Map(detail.columns.map((column) => [column.name, column.type])), [detail]);
  const columns = useMemo((): GridColumn[] => {
    const shown = names.map((name) => ({ name, type: types.get(name) ?? '' }));
    const widths = columnWidths({ columns: shown, rows: first?.rows ?? [] });
    return shown.map(({ name, type }, at) => ({
      id: String(at),
      label: name,
      width: widths[at] ?? 120,
      align: isNumeric(kindOf(type)) ? 'end' : 'start',
    }));
  }, [names, types, first]);
  const more = hasNextPage && rows.length < REACHABLE;
  const onRange = useCallback(
    (last: number) => {
      if (last + AHEAD >= rows.length && more && !isFetching && !error) void fetchNextPage();
    },
    [rows.length, more, isFetching, error, fetchNextPage],
  );
  if (detail.unreadable) return <p className={styles.note}>{detail.unreadable}</p>;
  if (isPending) return <Spinner size="small" className={styles.fill} label={t('tables:preview.loading')} />;
  if (!data) {
    return (
      <div role="alert" className={styles.note}>
        <p>{errorDetail(error)}</p>
        <Button onClick={() => void refetch()}>{t('shell:retry')}</Button>
      </div>
    );
  }
  if (!rows.length) return <p className={styles.note}>{t('tables:preview.noRows')}</p>;
  return (
    <div className={styles.preview}>
      {error && (
        <MessageBar intent="error">
          <MessageBarBody>{errorDetail(error)}</MessageBarBody>
        </MessageBar>
      )}
      {detail.format === 'view' && <p className={styles.hint}>{t('tables:preview.ofView', { count: rows.length })}</p>}
      {first && first.left_out > 0 && <p className={styles.hint}>{t('tables:preview.leftOut', { count: first.left_out })}</p>}
      <Grid
        label={t('tables:preview.label', { name: detail.name })}
        count={rows.length}
        columns={columns}
        rowHeight={30}
        rowKey={String}
        listKey={String(detail.version)}
        onRange={onRange}
        cell={(index, id) => {
          const value = rows[index]?.[Number(id)];
          const kind = kindOf(types.get(names[Number(id)] ?? '') ?? '');
          const text = shownText(value, kind);
          return text === null ? (
            <span className={styles.null}>{'null'}</span>
          ) : (
            <span className="hl-line" title={cellText(value) ?? undefined}>
              {text}
            </span>
          );
        }}
      />
    </div>
  );
}
