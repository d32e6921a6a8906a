/** Statistics of one column over the rows that match: what is missing, how values are spread, and filters of them. */
import { Button, Dropdown, Input, Option, Select, Spinner } from '@fluentui/react-components';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { askStatistics, type Filter, type FrameQuery, type Operator } from '../lab/displayed';
import type { KernelRequests } from '../lab/kernelRequests';
import { cellText, kindOf, roundedText, type Frame, type Kind } from './frame';
import { readStatistics, type Statistics } from './statistics';
import styles from './FrameStatistics.module.css';

const OPERATORS: readonly Operator[] = ['=', '!=', '<', '<=', '>', '>=', 'contains', 'missing', 'present'];

interface Props {
  frame: Frame;
  displayed: KernelRequests;
  asked: FrameQuery;
  column: number;
  onColumn: (column: number) => void;
  onFilter: (...filters: Filter[]) => void;
}

export function FrameStatistics({ frame, displayed, asked, column, onColumn, onFilter }: Props) {
  const { t } = useTranslation('notebooks');
  const { search, filters } = asked;
  const { data, error } = useQuery({
    queryKey: ['displayed', frame.key, 'statistics', search, filters, column],
    queryFn: async () => readStatistics(await askStatistics(displayed, { search, filters, sort: null }, column)),
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const { name = '', type = '' } = frame.columns[column] ?? {};
  const kind = kindOf(type);
  return (
    <aside className={styles.pane} aria-label={t('frame.statistics')}>
      <Dropdown
        size="small"
        className={styles.column}
        aria-label={t('frame.column')}
        value={name}
        selectedOptions={[String(column)]}
        onOptionSelect={(_, { optionValue }) => onColumn(Number(optionValue))}
      >
        {frame.columns.map((one, i) => (
          <Option key={i} value={String(i)} text={one.name}>
            {one.name}
          </Option>
        ))}
      </Dropdown>
      <span className={styles.type}>{type}</span>
      {error && <p className={styles.failed}>{error.message}</p>}
      {!data && !error && <Spinner size="tiny" />}
      {data && <Bars data={data} column={column} kind={kind} onFilter={onFilter} />}
      {data && <Facts data={data} kind={kind} />}
      <FilterForm key={column} column={column} onFilter={onFilter} />
    </aside>
  );
}

function Facts({ data, kind }: { data: Statistics; kind: Kind }) {
  const { t, i18n } = useTranslation('notebooks');
  const whole = new Intl.NumberFormat(i18n.language);
  const percent = new Intl.NumberFormat(i18n.language, { style: 'percent', maximumFractionDigits: 1 });
  const facts: [string, string, string?][] = [[t('frame.stat.rows'), whole.format(data.rows)]];
  const share = data.rows ? ` (${percent.format(data.missing / data.rows)})` : '';
  facts.push([t('frame.stat.missing'), `${whole.format(data.missing)}${data.missing ? share : ''}`]);
  if (data.unique !== null) facts.push([t('frame.stat.unique'), whole.format(data.unique)]);
  for (const [key, value] of data.values) {
    const shape = kind === 'integer' ? 'number' : kind;
    facts.push([t(`frame.stat.${key}`), roundedText(value, shape)?.replace(/\.0$/, '') ?? '', cellText(value) ?? '']);
  }
  if (data.infinite) facts.push([t('frame.stat.infinite'), whole.format(data.infinite)]);
  return (
    <dl className={styles.facts}>
      {facts.map(([label, value, exact]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd title={exact ?? value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface BarsProps {
  data: Statistics;
  column: number;
  kind: Kind;
  onFilter: (...filters: Filter[]) => void;
}

function Bars({ data: { bins, top, rows }, column, kind, onFilter }: BarsProps) {
  const { t, i18n } = useTranslation('notebooks');
  const whole = new Intl.NumberFormat(i18n.language);
  const text = (value: unknown) => roundedText(value, kind === 'integer' ? 'number' : kind)?.replace(/\.0$/, '') ?? '';
  if (bins.length > 0) {
    const most = Math.max(1, ...bins.map(({ count }) => count));
    return (
      <div>
        <div className={styles.histogram} role="group" aria-label={t('frame.distribution')}>
          {bins.map(({ from, to, count }, i) => {
            const last = i === bins.length - 1;
            const says = t('frame.bin', { from: text(from), to: text(to), n: whole.format(count), count });
            const lower: Filter = { column, operator: '>=', value: String(from) };
            const upper: Filter = { column, operator: last ? '<=' : '<', value: String(to) };
            return (
              <button
                key={i}
                type="button"
                title={says}
                aria-label={says}
                disabled={count === 0}
                onClick={() => onFilter(lower, upper)}
              >
                <span style={{ height: `${count ? Math.max(2, (count / most) * 100) : 0}%` }} />
              </button>
            );
          })}
        </div>
        <div className={styles.ends}>
          <span>{text(bins[0]?.from)}</span>
          <span>{text(bins.at(-1)?.to)}</span>
        </div>
      </div>
    );
  }
  if (top.length === 0) return null;
  return (
    <div className={styles.top} role="group" aria-label={t('frame.topValues')}>
      {top.map(({ value, count }) => (
        <button
          key={value}
          type="button"
          title={value}
          onClick={() => onFilter({ column, operator: '=', value })}
          style={{ backgroundSize: `${(count / Math.max(1, rows)) * 100}% 100%` }}
        >
          <span>{value || t('frame.emptyText')}</span>
          <span>{whole.format(count)}</span>
        </button>
      ))}
    </div>
  );
}

function FilterForm({ column, onFilter }: Pick<Props, 'column' | 'onFilter'>) {
  const { t } = useTranslation('notebooks');
  const [operator, setOperator] = useState<Operator>('=');
  const [value, setValue] = useState('');
  const valued = operator !== 'missing' && operator !== 'present';
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        onFilter({ column, operator, value: valued ? value : '' });
        setValue('');
      }}
    >
      <Select
        size="small"
        aria-label={t('frame.operatorLabel')}
        value={operator}
        onChange={(_, chosen) => setOperator(OPERATORS.find((one) => one === chosen.value) ?? '=')}
      >
        {OPERATORS.map((one) => (
          <option key={one} value={one}>
            {t(`frame.operator.${one}`)}
          </option>
        ))}
      </Select>
      {valued && (
        <Input
          size="small"
          className={styles.value}
          aria-label={t('frame.value')}
          placeholder={t('frame.value')}
          value={value}
          onChange={(_, given) => setValue(given.value)}
        />
      )}
      <Button size="small" type="submit" disabled={valued && value === ''}>
        {t('frame.addFilter')}
      </Button>
    </form>
  );
}
