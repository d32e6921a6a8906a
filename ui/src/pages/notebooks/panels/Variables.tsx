/** The session's variables: read after each run, sorted, filtered, and each opened by a click. */
import { SearchBox, Spinner, useArrowNavigationGroup } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes } from '../../../lib/format';
import type { NotebookHost } from '../lab/notebookHost';
import { useKernelRequests } from '../useKernelRequests';
import { arrangeVariables, readVariables, shapeText, type Order, type SortKey } from '../variables';
import { VariableDialog } from './VariableDialog';
import styles from './Variables.module.css';

const TARGET = 'handloom.variables';
const COLUMNS: readonly SortKey[] = ['name', 'type', 'shape', 'bytes', 'value'];

/** Grows whenever cells have run and none runs any more. */
function useRuns({ runner }: NotebookHost): number {
  const [runs, setRuns] = useState(0);
  useEffect(() => {
    const onChange = () => {
      if (!runner.isBusy) setRuns((count) => count + 1);
    };
    runner.changed.connect(onChange);
    return () => {
      runner.changed.disconnect(onChange);
    };
  }, [runner]);
  return runs;
}

export function Variables({ host }: { host: NotebookHost }) {
  const { t, i18n } = useTranslation('notebooks');
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState<Order>({ key: 'name', down: false });
  const [viewed, setViewed] = useState<string | null>(null);
  const requests = useKernelRequests(host, TARGET, '');
  const runs = useRuns(host);
  const arrows = useArrowNavigationGroup({ axis: 'vertical' });
  const { data, error, isFetching } = useQuery({
    queryKey: ['variables', host.link.session?.kernel, runs],
    queryFn: async () => {
      const answer = await requests?.ask({ ask: 'list' });
      return { variables: readVariables(answer?.content.variables), leftOut: Number(answer?.content.left_out) || 0 };
    },
    enabled: requests !== null,
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 0,
  });
  const all = data?.variables;
  const shown = useMemo(() => arrangeVariables(all ?? [], filter, order), [all, filter, order]);
  if (!requests) return <p className={styles.note}>{t('variables.unconnected')}</p>;
  if (error) return <p className={styles.note}>{error.message}</p>;
  const sort = (key: SortKey) => setOrder((old) => ({ key, down: old.key === key && !old.down }));
  return (
    <div className={styles.variables}>
      <div className={styles.bar}>
        <SearchBox
          size="small"
          className={styles.filter}
          aria-label={t('variables.filter')}
          placeholder={t('variables.filter')}
          value={filter}
          onChange={(_, { value }) => setFilter(value)}
        />
        {isFetching && <Spinner size="extra-tiny" aria-label={t(host.runner.isBusy ? 'frame.behindCell' : 'frame.waiting')} />}
      </div>
      {all?.length === 0 && <p className={styles.note}>{t('variables.none')}</p>}
      {shown.length > 0 && (
        <table className={styles.table} aria-label={t('variables.title')}>
          <thead>
            <tr>
              {COLUMNS.map((key) => (
                <th key={key} aria-sort={order.key === key ? (order.down ? 'descending' : 'ascending') : 'none'}>
                  <button type="button" onClick={() => sort(key)}>
                    {t(`variables.${key}`)}
                    {order.key === key && (order.down ? <ArrowDownRegular /> : <ArrowUpRegular />)}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody {...arrows}>
            {shown.map((one) => (
              <tr key={one.name}>
                <th scope="row">
                  <button type="button" title={t('variables.view', { name: one.name })} onClick={() => setViewed(one.name)}>
                    {one.name}
                  </button>
                </th>
                <td title={one.type}>{one.type}</td>
                <td>{shapeText(one)}</td>
                <td className={styles.size}>{one.bytes === null ? '' : formatBytes(one.bytes, i18n.language)}</td>
                <td title={one.value}>{one.value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {all && all.length > 0 && shown.length === 0 && <p className={styles.note}>{t('variables.noMatch')}</p>}
      {data && data.leftOut > 0 && <p className={styles.note}>{t('variables.leftOut', { count: data.leftOut })}</p>}
      {viewed !== null && <VariableDialog name={viewed} requests={requests} host={host} onClose={() => setViewed(null)} />}
    </div>
  );
}
