/** The datasets that a run read, each with its schema in a panel. */
import { Link as Opener } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunDataset } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { SectionHeading } from '../../parts/SectionHeading';
import { SidePanel } from '../../parts/SidePanel';
import { PlainTable } from '../../parts/table/PlainTable';
import { PairTable } from './PairTable';
import styles from './RunDatasets.module.css';

export function RunDatasets({ datasets }: { datasets: RunDataset[] }) {
  const { t, i18n } = useTranslation('runs');
  const [opened, setOpened] = useState<RunDataset | null>(null);
  const count = (value: number | null) => (value === null ? '–' : formatNumber(value, i18n.language));
  return (
    <section aria-label={t('datasets.title')}>
      <SectionHeading>{t('datasets.title')}</SectionHeading>
      {datasets.length === 0 ? (
        <p className={styles.none}>{t('datasets.none')}</p>
      ) : (
        <PlainTable label={t('datasets.title')}>
          <thead>
            <tr>
              <th>{t('datasets.name')}</th>
              <th>{t('datasets.context')}</th>
              <th data-align="end">{t('datasets.rows')}</th>
              <th data-align="end">{t('datasets.columns')}</th>
              <th>{t('datasets.digest')}</th>
            </tr>
          </thead>
          <tbody>
            {datasets.map((dataset) => (
              <tr key={`${dataset.name} ${dataset.digest} ${dataset.context}`}>
                <td title={dataset.name}>
                  <Opener as="button" onClick={() => setOpened(dataset)}>
                    {dataset.name}
                  </Opener>
                </td>
                <td>{dataset.context || '–'}</td>
                <td data-align="end">{count(dataset.rows)}</td>
                <td data-align="end">{count(dataset.features)}</td>
                <td className={styles.mono} title={dataset.digest}>
                  {dataset.digest}
                </td>
              </tr>
            ))}
          </tbody>
        </PlainTable>
      )}
      {opened && (
        <SidePanel open title={opened.name} onClose={() => setOpened(null)}>
          <dl className={styles.facts}>
            <dt>{t('datasets.context')}</dt>
            <dd>{opened.context || '–'}</dd>
            <dt>{t('datasets.source')}</dt>
            <dd>{opened.source || opened.source_type || '–'}</dd>
            <dt>{t('datasets.rows')}</dt>
            <dd>{count(opened.rows)}</dd>
            <dt>{t('datasets.digest')}</dt>
            <dd className={styles.mono}>{opened.digest}</dd>
          </dl>
          <PairTable title={t('datasets.schema')} valueLabel={t('datasets.type')} pairs={opened.columns.map(({ name, type, required }) => [name ?? t('datasets.unnamed'), required ? type : t('datasets.optional', { type })])} empty={t('datasets.noSchema')} />
        </SidePanel>
      )}
    </section>
  );
}
