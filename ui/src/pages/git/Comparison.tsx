/** What changed in a file: a notebook cell by cell, any other file line by line. */
import { Button, Dialog, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useGitTexts } from '../../api/git';
import { FailureBar } from '../../parts/FailureBar';
import { ReturnFocus } from '../../parts/ReturnFocus';
import styles from './Comparison.module.css';
import { TextChanges } from './TextChanges';

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
            {data?.readable === false && <p>{t('unreadable')}</p>}
            {data && data.readable !== false && <TextChanges before={data.before} after={data.after} isNotebook={file.endsWith('.ipynb')} same={t('sameText')} />}
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
