/** What changed in a file: a notebook cell by cell, any other file line by line. */
import { Button, Dialog, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useGitTexts } from '../../api/git';
import type { GitTexts } from '../../api/schema';
import { FailureBar } from '../../parts/FailureBar';
import { ReturnFocus } from '../../parts/ReturnFocus';
import { diffTexts, folded } from '../notebooks/history';
import { CellChange, ChangedLines } from '../notebooks/panels/CellChange';
import { notebookChanges } from './notebookChanges';
import styles from './Comparison.module.css';

interface Props {
  workspace: string;
  /** "" for the workspace as it is now, compared with its last commit. */
  commit: string;
  file: string;
  onClose: () => void;
}

export function Comparison({ workspace, commit, file, onClose }: Props) {
  const { t } = useTranslation(['git', 'shell']);
  const { data, error } = useGitTexts(workspace, commit, file);
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface}>
        <ReturnFocus />
        <DialogBody className={styles.body}>
          <DialogTitle action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={t('shell:close')} onClick={onClose} />}>{file}</DialogTitle>
          <DialogContent className={styles.content}>
            <FailureBar error={error} />
            {!data && !error && <Spinner size="tiny" />}
            {data && <Texts texts={data} isNotebook={file.endsWith('.ipynb')} />}
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Texts({ texts, isNotebook }: { texts: GitTexts; isNotebook: boolean }) {
  const { t } = useTranslation('git');
  const cells = useMemo(() => (isNotebook ? notebookChanges(texts.before, texts.after) : null), [texts, isNotebook]);
  const lines = useMemo(() => (cells ? [] : folded(diffTexts(texts.before ?? '', texts.after ?? ''))), [texts, cells]);
  if (texts.readable === false) return <p>{t('unreadable')}</p>;
  if (texts.before === texts.after) return <p>{t('sameText')}</p>;
  if (cells?.length) return cells.map((one, i) => <CellChange key={i} diff={one} />);
  if (cells) return <p>{t('sameCells')}</p>;
  return <ChangedLines lines={lines} />;
}
