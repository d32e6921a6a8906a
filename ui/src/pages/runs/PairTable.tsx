/** Names and values in two columns, with a filter where there are many, and each value to copy. */
import { SearchBox } from '@fluentui/react-components';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { matches } from '../../lib/match';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { SectionHeading } from '../../parts/SectionHeading';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { CopyButton } from '../../parts/tags/CopyButton';
import styles from './PairTable.module.css';

interface Props {
  title: string;
  pairs: [string, string][];
  empty: string;
  /** What the second column is, if not values. */
  valueLabel?: string;
}

const MANY = 8;

export function PairTable({ title, pairs, empty, valueLabel }: Props) {
  const { t } = useTranslation('runs');
  const [query, setQuery] = useState('');
  const shown = pairs.filter(([key, value]) => matches(`${key} ${value}`, query));
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'key', label: t('pairs.key'), width: 140, grow: true },
      { id: 'value', label: valueLabel ?? t('pairs.value'), width: 140, grow: true },
      { id: 'copy', label: t('copy'), head: <span className="hl-hidden">{t('copy')}</span>, width: 44 },
    ],
    [t, valueLabel],
  );
  return (
    <section aria-label={title}>
      <SectionHeading>
        {title} <span>{pairs.length || ''}</span>
        {pairs.length > MANY && (
          <SearchBox size="small" className={styles.search} aria-label={t('filterOf', { what: title })} placeholder={t('filter')} value={query} onChange={(_, data) => setQuery(data.value)} />
        )}
      </SectionHeading>
      {shown.length === 0 ? (
        <p className={styles.none}>{pairs.length ? t('nothingMatches') : empty}</p>
      ) : (
        <Grid
          label={title}
          count={shown.length}
          columns={columns}
          maxHeight={420}
          rowKey={(index) => shown[index]?.[0] ?? String(index)}
          cell={(index, id) => {
            const [key = '', value = ''] = shown[index] ?? [];
            if (id === 'key') return <MiddleEllipsis text={key} />;
            if (id === 'copy') return <CopyButton text={value} label={t('copyValue', { key })} inGrid />;
            return (
              <span className="hl-line" title={value}>
                {value}
              </span>
            );
          }}
        />
      )}
    </section>
  );
}
