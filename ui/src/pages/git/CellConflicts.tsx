/** The cells of a notebook that both sides wrote, with a decision for each: mine, theirs or both. */
import { Radio, RadioGroup } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { CellConflict } from '../../api/schema';
import { LongText } from '../../parts/LongText';
import styles from './CellConflicts.module.css';

export type CellChoice = 'mine' | 'theirs' | 'both';
export type CellChoices = Partial<Record<string, CellChoice>>;

interface Props {
  path: string;
  conflicts: CellConflict[];
  choices: CellChoices;
  onChoose: (cell: string, choice: CellChoice) => void;
}

export function CellConflicts({ path, conflicts, choices, onChoose }: Props) {
  const { t } = useTranslation('git');
  return (
    <ol className={styles.conflicts} aria-label={t('cellConflicts', { path })}>
      {conflicts.map(({ cell, mine, theirs }, i) => (
        <li key={cell}>
          <div className={styles.sides}>
            <Side title={t('cell.mine')} text={mine} />
            <Side title={t('cell.theirs')} text={theirs} />
          </div>
          <RadioGroup
            layout="horizontal"
            aria-label={t('cellDecision', { number: i + 1, path })}
            value={choices[cell] ?? ''}
            onChange={(_, { value }) => onChoose(cell, value === 'theirs' || value === 'both' ? value : 'mine')}
          >
            <Radio value="mine" label={t('cellChoice.mine')} />
            <Radio value="theirs" label={t('cellChoice.theirs')} />
            {mine !== null && theirs !== null && <Radio value="both" label={t('cellChoice.both')} />}
          </RadioGroup>
        </li>
      ))}
    </ol>
  );
}

function Side({ title, text }: { title: string; text: string | null | undefined }) {
  const { t } = useTranslation('git');
  return (
    <figure className={styles.side}>
      <figcaption>{title}</figcaption>
      {text === null || text === undefined ? <em>{t('cell.deleted')}</em> : <pre tabIndex={0}><LongText text={text || ' '} /></pre>}
    </figure>
  );
}
