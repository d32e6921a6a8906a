/** JSON to look into: objects and lists fold, large ones show their first entries. */
import { LongText } from '../LongText';
import styles from './JsonTree.module.css';

const SHOWN = 200;

interface Props {
  value: unknown;
  name?: string;
  depth?: number;
}

function entriesOf(value: object): [string, unknown][] {
  return Array.isArray(value) ? value.map((one, at) => [String(at), one]) : Object.entries(value);
}

export function JsonTree({ value, name, depth = 0 }: Props) {
  const key = name === undefined ? null : <span className={styles.key}>{name}: </span>;
  if (typeof value !== 'object' || value === null) {
    return (
      <div className={styles.leaf}>
        {key}
        <span className={value === null ? styles.null : styles[typeof value]}><LongText text={JSON.stringify(value) ?? 'null'} /></span>
      </div>
    );
  }
  const entries = entriesOf(value);
  const sign = Array.isArray(value) ? `[${entries.length}]` : `{${entries.length}}`;
  return (
    <details open={depth < 2} className={styles.branch}>
      <summary>
        {key}
        <span className={styles.sign}>{sign}</span>
      </summary>
      {entries.slice(0, SHOWN).map(([child, inner]) => (
        <JsonTree key={child} name={child} value={inner} depth={depth + 1} />
      ))}
      {entries.length > SHOWN && <div className={styles.leaf}>… +{entries.length - SHOWN}</div>}
    </details>
  );
}
