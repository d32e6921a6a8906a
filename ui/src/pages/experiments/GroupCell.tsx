/** A row that stands for a group of runs: what they share, how many they are, and their metrics in numbers. */
import { useTranslation } from 'react-i18next';
import type { RunGroup } from '../../api/schema';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { Disclosure } from '../../parts/table/Disclosure';
import { AggregateValue } from './AggregateValue';
import type { Column } from './columns';
import styles from './GroupCell.module.css';
import { useFieldLabel } from './labels';

interface NameProps {
  group: RunGroup;
  fields: string[];
  names: Record<string, string>;
  expanded: boolean;
  onExpand: (expanded: boolean) => void;
}

export function GroupName({ group, fields, names, expanded, onExpand }: NameProps) {
  const { t } = useTranslation('experiments');
  const fieldLabel = useFieldLabel();
  const parts = fields.map((field, at) => {
    const value = group.values[at];
    const shown = value === null || value === undefined ? t('group.none') : field === 'parent' ? (names[value] ?? value) : value;
    return `${fieldLabel(field)}: ${shown}`;
  });
  const name = parts.join(', ');
  return (
    <span className={styles.name}>
      <Disclosure expanded={expanded} label={t(expanded ? 'group.collapse' : 'group.expand', { name })} onExpand={onExpand} />
      <span className={styles.text}>
        <MiddleEllipsis text={name} />
      </span>
      <span className={styles.count} title={t('group.runs', { count: group.runs })}>
        {group.runs}
      </span>
    </span>
  );
}

export function GroupCell({ group, fields, column, best }: { group: RunGroup; fields: string[]; column: Column | undefined; best: Map<string, number> }) {
  if (!column) return null;
  if (column.kind === 'metrics') {
    const found = group.metrics[column.key];
    return found ? <AggregateValue found={found} isBest={found.mean !== null && best.get(column.key) === found.mean} /> : <span className={styles.none}>–</span>;
  }
  const at = fields.indexOf(column.id);
  const value = at < 0 ? null : group.values[at];
  return value ? (
    <span className="hl-line" title={value}>
      {value}
    </span>
  ) : null;
}
