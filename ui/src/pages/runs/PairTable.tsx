/** Names and values in two columns, with a filter where there are many, and each value to copy. */
import { SearchBox } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '../../parts/tags/CopyButton';
import styles from './RunView.module.css';

interface Props {
  title: string;
  pairs: [string, string][];
  empty: string;
}

const MANY = 8;

export function PairTable({ title, pairs, empty }: Props) {
  const { t } = useTranslation('runs');
  const [query, setQuery] = useState('');
  const wanted = query.trim().toLowerCase();
  const shown = pairs.filter(([key, value]) => `${key} ${value}`.toLowerCase().includes(wanted));
  return (
    <section aria-label={title}>
      <h3 className={styles.heading}>
        {title} <span>{pairs.length || ''}</span>
        {pairs.length > MANY && (
          <SearchBox size="small" className={styles.search} aria-label={t('filterOf', { what: title })} placeholder={t('filter')} value={query} onChange={(_, data) => setQuery(data.value)} />
        )}
      </h3>
      {shown.length === 0 ? (
        <p className={styles.none}>{pairs.length ? t('nothingMatches') : empty}</p>
      ) : (
        <table className={styles.table} aria-label={title}>
          <colgroup>
            <col style={{ width: '48%' }} />
          </colgroup>
          <tbody>
            {shown.map(([key, value]) => (
              <tr key={key}>
                <td title={key}>{key}</td>
                <td title={value}>{value}</td>
                <td className={styles.tool}>
                  <CopyButton text={value} label={t('copyValue', { key })} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
