/** The runs at the left of the details: searched by name, sorted by a metric with the best first. */
import { Button, SearchBox, Skeleton, SkeletonItem, Tooltip } from '@fluentui/react-components';
import { ArrowSortDownLinesRegular, ArrowSortUpLinesRegular } from '@fluentui/react-icons';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunRow } from '../../api/schema';
import { errorDetail } from '../../lib/errors';
import { formatNumber } from '../../lib/format';
import { lessIsBetter, type Directions } from '../../lib/metricOrder';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import type { Order } from '../experiments/address';
import styles from './RunPicker.module.css';
import { StatusIcon } from './RunStatus';

interface Props {
  runs: RunRow[];
  loading: boolean;
  error: unknown;
  more: (() => void) | undefined;
  metrics: string[];
  directions: Directions;
  order: Order;
  onOrder: (order: Order) => void;
  query: string;
  onQuery: (query: string) => void;
  selected: string;
  onSelect: (run: string) => void;
}

export function RunPicker(props: Props) {
  const { metrics, directions, order, onOrder, query, onQuery, loading, error } = props;
  const { t } = useTranslation('runs');
  const choose = (field: string) => onOrder({ field, down: !field.startsWith('metrics.') || !lessIsBetter(field.slice(8), directions) });
  return (
    <nav className={styles.picker} aria-label={t('picker.label')}>
      <div className={styles.tools}>
        <SearchBox aria-label={t('picker.search')} placeholder={t('picker.search')} value={query} onChange={(_, data) => onQuery(data.value)} />
        <div className={styles.sort}>
          <ChoiceBox
            aria-label={t('picker.sort')}
            value={order.field}
            groups={[
              { name: t('picker.properties'), choices: (['start_time', 'run_name', 'duration'] as const).map((id) => ({ id, name: t(`picker.by.${id}`) })) },
              { name: t('picker.metrics'), choices: metrics.map((key) => ({ id: `metrics.${key}`, name: key })) },
            ]}
            onChoose={choose}
          />
          <Tooltip content={t(order.down ? 'picker.down' : 'picker.up')} relationship="label">
            <Button
              appearance="subtle"
              icon={order.down ? <ArrowSortDownLinesRegular /> : <ArrowSortUpLinesRegular />}
              onClick={() => onOrder({ ...order, down: !order.down })}
            />
          </Tooltip>
        </div>
      </div>
      {loading ? (
        <Skeleton aria-label={t('loading')} className={styles.tools}>
          {[1, 2, 3, 4].map((one) => (
            <SkeletonItem key={one} size={40} />
          ))}
        </Skeleton>
      ) : error ? (
        <p role="alert" className={styles.tools}>
          {errorDetail(error)}
        </p>
      ) : (
        <Items {...props} />
      )}
    </nav>
  );
}

const ITEM = 54;

function Items({ runs, more, order, selected, onSelect }: Props) {
  const { t, i18n } = useTranslation('runs');
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({ count: runs.length, getScrollElement: () => scroller.current, estimateSize: () => ITEM, overscan: 8 });
  const items = list.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= runs.length - 10) more?.();
  }, [last, runs.length, more]);
  // The run of the address is in sight when the page opens, not only when it is among the first.
  const shownFirst = useRef(false);
  useEffect(() => {
    const at = runs.findIndex((run) => run.run_id === selected);
    if (shownFirst.current || at < 0) return;
    shownFirst.current = true;
    list.scrollToIndex(at);
  }, [runs, selected, list]);
  const metric = order.field.startsWith('metrics.') ? order.field.slice(8) : null;
  const step = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const at = runs.findIndex((run) => run.run_id === selected) + (event.key === 'ArrowDown' ? 1 : -1);
    const next = runs[at];
    if (!next) return;
    event.preventDefault();
    onSelect(next.run_id);
    list.scrollToIndex(at);
  };
  if (!runs.length) return <p className={styles.tools}>{t('picker.nothing')}</p>;
  return (
    <div ref={scroller} className={styles.items}>
      <div role="listbox" aria-label={t('picker.label')} tabIndex={0} onKeyDown={step} style={{ height: list.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const run = runs[index];
          if (!run) return null;
          const value = metric === null ? undefined : run.metrics[metric];
          return (
            <div
              key={run.run_id}
              role="option"
              aria-selected={run.run_id === selected}
              className={styles.item}
              style={{ top: start }}
              onClick={() => onSelect(run.run_id)}
            >
              <StatusIcon status={run.status} />
              <span className={styles.name}>
                <MiddleEllipsis text={run.name} />
              </span>
              {metric !== null && <span className={styles.value}>{value === undefined ? '–' : formatNumber(value, i18n.language)}</span>}
              <span className={`${styles.sub} hl-line`}>
                <RelativeTime at={run.start_time} />
                {run.params.estimator ? ` · ${run.params.estimator}` : ''}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
