/** Which two of the runs are compared: removed lines are the first's, added ones the second's. */
import { Button, Tooltip } from '@fluentui/react-components';
import { ArrowSwapRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import styles from './PairPicker.module.css';
import type { FileRun } from './sharedFiles';

/** The two runs of `a,b`; where one is not among the runs, the first that is left. */
export function pairOf(runs: readonly FileRun[], pair: string): [FileRun | undefined, FileRun | undefined] {
  const [a, b] = pair.split(',');
  const known = (id: string | undefined) => runs.find((run) => run.id === id);
  const right = known(b);
  const left = known(a) ?? runs.find((run) => run !== right);
  return [left, right && right !== left ? right : runs.find((run) => run !== left)];
}

interface Props {
  runs: FileRun[];
  pair: string;
  onPair: (pair: string) => void;
}

export function PairPicker({ runs, pair, onPair }: Props) {
  const { t } = useTranslation('experiments');
  const [left, right] = pairOf(runs, pair);
  if (!left || !right) return null;
  const groups = [{ name: '', choices: runs.map(({ id, name }) => ({ id, name })) }];
  // Choosing the other side's run swaps them.
  const choose = (a: string, b: string) => onPair(a === b ? `${right.id},${left.id}` : `${a},${b}`);
  return (
    <div className={styles.pair}>
      <ChoiceBox aria-label={t('files.before')} value={left.id} groups={groups} onChoose={(id) => choose(id, right.id)} />
      <Tooltip content={t('files.swap')} relationship="label">
        <Button appearance="subtle" icon={<ArrowSwapRegular />} onClick={() => onPair(`${right.id},${left.id}`)} />
      </Tooltip>
      <ChoiceBox aria-label={t('files.after')} value={right.id} groups={groups} onChoose={(id) => choose(left.id, id)} />
    </div>
  );
}
