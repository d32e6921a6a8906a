/** A square table of numbers as a heat map, with its plain form one press away. */
import { Tab, TabList } from '@fluentui/react-components';
import { useState, type CSSProperties, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Matrix } from '../../lib/matrix';
import styles from './MatrixView.module.css';

interface Props {
  matrix: Matrix;
  /** Whether rows are what was and columns what was predicted. */
  confusion: boolean;
  /** The same numbers in the form in which they were logged. */
  plain: ReactNode;
}

export function MatrixView({ matrix, confusion, plain }: Props) {
  const { t } = useTranslation('runs');
  const [view, setView] = useState<'heat' | 'plain'>('heat');
  return (
    <div className={styles.both}>
      <TabList size="small" selectedValue={view} onTabSelect={(_, { value }) => setView(value === 'plain' ? 'plain' : 'heat')}>
        <Tab value="heat">{t('files.heatMap')}</Tab>
        <Tab value="plain">{t('files.asLogged')}</Tab>
      </TabList>
      {view === 'heat' ? <HeatTable matrix={matrix} confusion={confusion} /> : plain}
    </div>
  );
}

function coloured(share: number): CSSProperties & Record<'--share', number> {
  return { '--share': share };
}

function HeatTable({ matrix: { rows, columns, values, shares, counts }, confusion }: Omit<Props, 'plain'>) {
  const { t, i18n } = useTranslation('runs');
  const number = new Intl.NumberFormat(i18n.language, { maximumSignificantDigits: 4 });
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 });
  return (
    <div className={styles.scroll}>
      <table className={styles.heat} aria-label={t('files.heatMap')}>
        <thead>
          {confusion && (
            <tr>
              <td />
              <th scope="colgroup" colSpan={columns.length}>
                {t('files.predicted')}
              </th>
            </tr>
          )}
          <tr>
            <th scope="col">{confusion ? t('files.actual') : ''}</th>
            {columns.map((name, at) => (
              <th key={at} scope="col" title={name}>
                <span className="hl-line">{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {values.map((row, y) => (
            <tr key={y}>
              <th scope="row" title={rows[y]}>
                <span className="hl-line">{rows[y]}</span>
              </th>
              {row.map((value, x) => (
                <td key={x} style={coloured(shares[y]?.[x] ?? 0)} title={String(value)}>
                  {number.format(value)}
                  {counts && <span className={styles.part}>{percent.format(shares[y]?.[x] ?? 0)}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {counts && <p className={styles.note}>{t('files.ofRow')}</p>}
    </div>
  );
}
