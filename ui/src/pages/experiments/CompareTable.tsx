/** Runs or versions side by side: params and metrics as lines, deltas against a baseline. */
import { Button, SearchBox, Switch, Tooltip } from '@fluentui/react-components';
import { ArrowDownloadRegular, FlagFilled, FlagRegular } from '@fluentui/react-icons';
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { toCsv } from '../../lib/chartTable';
import { bestOf, compareLines, deltaOf, type CompareLine } from '../../lib/compareRuns';
import { saveFile } from '../../lib/fileSave';
import { exactNumber } from '../../lib/format';
import { matches } from '../../lib/match';
import { lessIsBetter, type Directions } from '../../lib/metricOrder';
import { MetricValue } from '../../parts/MetricValue';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import styles from './CompareTable.module.css';

/** One column of the comparison. */
export interface Compared {
  id: string;
  name: string;
  /** What else tells it from others: its experiment, its aliases. */
  note?: string;
  color: string | undefined;
  to: string;
  metrics: Record<string, number | null>;
  params: Record<string, string>;
}

interface Props {
  label: string;
  /** Said where nothing differs. */
  same: string;
  compared: Compared[];
  /** An id; any other means the first. */
  baseline: string;
  onBaseline: (id: string) => void;
  directions: Directions;
  fileName: string;
  tools?: ReactNode;
}

const KEY = 'key';

export function CompareTable({ label, same, compared, baseline: wanted, onBaseline, directions, fileName, tools }: Props) {
  const { t } = useTranslation('experiments');
  const [differing, setDiffering] = useState(true);
  const [query, setQuery] = useState('');
  const baseline = compared.find((one) => one.id === wanted) ?? compared[0];
  const lines = useMemo(() => compareLines(compared, differing && compared.length > 1, (key) => matches(key, query)), [compared, differing, query]);
  const columns: GridColumn[] = [
    { id: KEY, label: t('sideBySide.key'), width: 220, pinned: true },
    ...compared.map((one): GridColumn => ({
      id: one.id,
      label: one.name,
      width: 190,
      align: 'end',
      pinned: one === baseline,
      head: <Head one={one} isBaseline={one === baseline} onBaseline={() => onBaseline(one.id)} />,
    })),
  ];
  const save = () => {
    const rows = lines.filter((line) => line.kind !== 'head').map((line) => [line.kind, line.key, ...compared.map((one) => plainValue(one, line))]);
    saveFile(`${fileName}.csv`, new Blob(['\ufeff', toCsv({ columns: ['kind', 'key', ...compared.map((one) => one.name)], rows })], { type: 'text/csv' }));
  };
  return (
    <div className={styles.page}>
      <div className={styles.bar}>
        <Switch label={t('sideBySide.differing')} checked={differing} onChange={(_, data) => setDiffering(data.checked)} />
        <SearchBox className={styles.search} aria-label={t('sideBySide.search')} placeholder={t('sideBySide.search')} value={query} onChange={(_, data) => setQuery(data.value)} />
        <Button icon={<ArrowDownloadRegular />} onClick={save}>
          {t('sideBySide.csv')}
        </Button>
        {tools}
      </div>
      {lines.length === 0 ? (
        <p className={styles.none}>{query ? t('compare.nothingFound') : same}</p>
      ) : (
        <Grid
          label={label}
          count={lines.length}
          columns={columns}
          rowKey={(index) => `${lines[index]?.kind}.${lines[index]?.key}`}
          rowClass={(index) => (lines[index]?.kind === 'head' ? styles.head : undefined)}
          cell={(index, id) => {
            const line = lines[index];
            if (!line) return null;
            if (id === KEY) return <Key line={line} />;
            const one = compared.find((column) => column.id === id);
            return one && line.kind !== 'head' ? <Value line={line} one={one} compared={compared} baseline={baseline} directions={directions} /> : null;
          }}
        />
      )}
    </div>
  );
}

function plainValue(one: Compared, { kind, key }: CompareLine): string {
  if (kind === 'params') return one.params[key] ?? '';
  return key in one.metrics ? exactNumber(one.metrics[key]) : '';
}

function Key({ line }: { line: CompareLine }) {
  const { t } = useTranslation('experiments');
  if (line.kind === 'head') return <strong>{t(line.key === 'params' ? 'columns.params' : 'columns.metrics')}</strong>;
  return (
    <span className={line.differs ? styles.differs : styles.alike}>
      <MiddleEllipsis text={line.key} />
    </span>
  );
}

function Head({ one, isBaseline, onBaseline }: { one: Compared; isBaseline: boolean; onBaseline: () => void }) {
  const { t } = useTranslation('experiments');
  return (
    <span className={styles.run} title={one.note}>
      <span className={styles.dot} style={{ background: one.color }} aria-hidden />
      <Link to={one.to} className={styles.link}>
        <MiddleEllipsis text={one.name} />
      </Link>
      <Tooltip content={t(isBaseline ? 'sideBySide.isBaseline' : 'sideBySide.makeBaseline')} relationship="label">
        <Button size="small" appearance="transparent" icon={isBaseline ? <FlagFilled /> : <FlagRegular />} onClick={onBaseline} />
      </Tooltip>
    </span>
  );
}

function Value({ line, one, compared, baseline, directions }: { line: CompareLine; one: Compared; compared: Compared[]; baseline: Compared | undefined; directions: Directions }): ReactNode {
  const { key } = line;
  if (line.kind === 'params') {
    const text = one.params[key];
    const other = baseline !== undefined && one !== baseline && text !== baseline.params[key];
    return (
      <span className={`hl-line ${other ? styles.other : ''}`} title={text}>
        {text ?? '–'}
      </span>
    );
  }
  if (!(key in one.metrics)) return <span className={styles.alike}>–</span>;
  const value = one.metrics[key] ?? null;
  const less = lessIsBetter(key, directions);
  const best = bestOf(compared.map((other) => other.metrics[key]), less);
  return <MetricValue value={value} isBest={value !== null && value === best} delta={one === baseline ? null : deltaOf(value, baseline?.metrics[key])} less={less} />;
}
