/** Which columns the run list shows, and in which order. */
import { Button, Checkbox, SearchBox, Tooltip } from '@fluentui/react-components';
import { ArrowDownRegular, ArrowTrendingDownRegular, ArrowTrendingRegular, ArrowUpRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExperimentColumns } from '../../api/schema';
import { lessIsBetter, type Directions } from '../../lib/metricOrder';
import { SidePanel } from '../../parts/SidePanel';
import styles from './ColumnChooser.module.css';
import { columnOf, propertyIds } from './columns';
import { useColumnLabel } from './labels';

interface Props {
  open: boolean;
  keys: ExperimentColumns;
  /** Says which values of a metric are better; undefined where the person may not. */
  onDirection: ((metric: string, direction: 'min' | 'max') => void) | undefined;
  chosen: string[];
  onChange: (chosen: string[]) => void;
  onReset: () => void;
  onClose: () => void;
}

const SHOWN = 100;

export function ColumnChooser({ open, onReset, onClose, ...choice }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  return (
    <SidePanel
      open={open}
      title={t('columns.title')}
      onClose={onClose}
      modal={false}
      width={380}
      footer={
        <>
          <Button appearance="primary" onClick={onClose}>
            {t('shell:close')}
          </Button>
          <Button onClick={onReset}>{t('columns.reset')}</Button>
        </>
      }
    >
      <ColumnLists {...choice} />
    </SidePanel>
  );
}

/** The columns by kind. On the page while the panel is open only: an experiment may have thousands. */
function ColumnLists({ keys, onDirection, chosen, onChange }: Omit<Props, 'open' | 'onReset' | 'onClose'>) {
  const { t } = useTranslation('experiments');
  const [query, setQuery] = useState('');
  const label = useColumnLabel();
  const name = (id: string) => {
    const column = columnOf(id);
    return column ? label(column) : id;
  };
  const matches = (id: string) => name(id).toLowerCase().includes(query.trim().toLowerCase());
  const bestIds = keys.metrics.flatMap((key) => {
    const best = lessIsBetter(key, keys.directions) ? 'min' : 'max';
    // The end that matters; the other one is found by searching for it.
    return (query ? (['min', 'max'] as const) : [best]).flatMap((end) => [`${end}(metrics.${key})`, `step(${end}(metrics.${key}))`]);
  });
  const groups: ['properties' | 'metrics' | 'extremes' | 'params' | 'tags', string[]][] = [
    ['properties', propertyIds],
    ['metrics', keys.metrics.map((key) => `metrics.${key}`)],
    ['extremes', bestIds],
    ['params', keys.params.map((key) => `params.${key}`)],
    ['tags', keys.tags.map((key) => `tags.${key}`)],
  ];
  const move = (id: string, by: number) => {
    const others = chosen.filter((one) => one !== id);
    others.splice(Math.max(0, chosen.indexOf(id) + by), 0, id);
    onChange(others);
  };
  const toggle = (id: string, on: boolean) => onChange(on ? [...chosen, id] : chosen.filter((one) => one !== id));
  return (
    <>
      <SearchBox className={styles.search} aria-label={t('columns.search')} placeholder={t('columns.search')} value={query} onChange={(_, data) => setQuery(data.value)} />
      {!query && chosen.length > 0 && (
        <section aria-label={t('columns.shown')}>
          <h3 className={styles.group}>{t('columns.shown')}</h3>
          {chosen.map((id, at) => (
            <div key={id} className={styles.row}>
              <Checkbox className={styles.box} checked label={<span className="hl-line">{name(id)}</span>} onChange={() => toggle(id, false)} />
              <DirectionButton id={id} directions={keys.directions} onDirection={onDirection} />
              <Button size="small" appearance="subtle" icon={<ArrowUpRegular />} disabled={at === 0} aria-label={t('columns.up', { name: name(id) })} onClick={() => move(id, -1)} />
              <Button size="small" appearance="subtle" icon={<ArrowDownRegular />} disabled={at === chosen.length - 1} aria-label={t('columns.down', { name: name(id) })} onClick={() => move(id, 1)} />
            </div>
          ))}
        </section>
      )}
      {groups.map(([group, ids]) => {
        const found = ids.filter((id) => matches(id) && (query || !chosen.includes(id)));
        if (!found.length) return null;
        return (
          <section key={group} aria-label={t(`columns.${group}`)}>
            <h3 className={styles.group}>{t(`columns.${group}`)}</h3>
            {found.slice(0, SHOWN).map((id) => (
              <div key={id} className={styles.row}>
                <Checkbox
                  className={styles.box}
                  checked={chosen.includes(id)}
                  label={<span className="hl-line">{name(id)}</span>}
                  onChange={(_, data) => toggle(id, data.checked === true)}
                />
                <DirectionButton id={id} directions={keys.directions} onDirection={onDirection} />
              </div>
            ))}
            {found.length > SHOWN && <p className={styles.note}>{t('columns.more', { count: found.length - SHOWN })}</p>}
          </section>
        );
      })}
    </>
  );
}

interface DirectionProps {
  /** Of a column. */
  id: string;
  directions: Directions;
  onDirection: ((metric: string, direction: 'min' | 'max') => void) | undefined;
}

/** Whether less or more of a metric is better, to change by a click. */
function DirectionButton({ id, directions, onDirection }: DirectionProps) {
  const { t } = useTranslation('experiments');
  const column = columnOf(id);
  if (column?.kind !== 'metrics') return null;
  const less = lessIsBetter(column.key, directions);
  return (
    <Tooltip content={t(less ? 'columns.less' : 'columns.greater', { name: column.key })} relationship="label">
      <Button
        size="small"
        appearance="subtle"
        icon={less ? <ArrowTrendingDownRegular /> : <ArrowTrendingRegular />}
        disabled={!onDirection}
        onClick={() => onDirection?.(column.key, less ? 'max' : 'min')}
      />
    </Tooltip>
  );
}
