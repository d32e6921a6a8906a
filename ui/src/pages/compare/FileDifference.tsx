/** What differs between the texts that two of the runs have of a file. */
import { Button, Spinner } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { formatBytes } from '../../lib/format';
import { previewKind } from '../../lib/filePreview';
import { FileContent } from '../../parts/files/FilePreview';
import { TextChanges } from '../git/TextChanges';
import styles from './FileDifference.module.css';
import { PairPicker, pairOf } from './PairPicker';
import { useTexts, type HeldFile } from './sharedFiles';

/** Bytes of each text that are compared at most. */
const MOST_BYTES = 1_000_000;

interface Props {
  held: HeldFile[];
  pair: string;
  onPair: (pair: string) => void;
}

export function FileDifference({ held, pair, onPair }: Props) {
  const { t } = useTranslation('experiments');
  const [left, right] = pairOf(held.map(({ run }) => run), pair);
  const [before, after] = [held.find(({ run }) => run === left), held.find(({ run }) => run === right)];
  if (!before) return null;
  if (!after) {
    return (
      <div className={styles.body}>
        <p className={styles.note}>{t('files.only', { name: before.run.name })}</p>
        <FileContent kind={previewKind(before.file.name)} source={before.source} node={before.file} />
      </div>
    );
  }
  return (
    <>
      <PairPicker runs={held.map(({ run }) => run)} pair={pair} onPair={onPair} />
      <Difference key={`${before.run.id} ${after.run.id}`} before={before} after={after} />
    </>
  );
}

function Difference({ before, after }: { before: HeldFile; after: HeldFile }) {
  const { t, i18n } = useTranslation(['experiments', 'runs', 'shell']);
  const both = [before, after];
  const { texts, isPending, error, retry } = useTexts(both, MOST_BYTES);
  if (error) {
    return (
      <div role="alert" className={styles.body}>
        <p>{t('runs:files.failed', { why: errorDetail(error) })}</p>
        <Button onClick={retry}>{t('shell:retry')}</Button>
      </div>
    );
  }
  if (isPending) return <Spinner size="tiny" label={t('runs:files.loading')} />;
  const isCut = both.some(({ file }) => (file.size ?? 0) > MOST_BYTES);
  return (
    <div className={styles.body}>
      {isCut && <p className={styles.note}>{t('files.cut', { size: formatBytes(MOST_BYTES, i18n.language) })}</p>}
      <TextChanges before={texts[0] ?? null} after={texts[1] ?? null} isNotebook={!isCut && before.file.name.endsWith('.ipynb')} same={t(isCut ? 'files.sameBeginning' : 'files.same')} />
    </div>
  );
}
