/** Pieces of code to insert below the selected cell. */
import { Button, Dialog, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { ReturnFocus } from '../../../parts/ReturnFocus';
import { insertCode } from '../lab/commands';
import type { NotebookHost } from '../lab/notebookHost';
import { snippets } from '../snippets';
import styles from './SnippetsDialog.module.css';

export function SnippetsDialog({ host, onClose }: { host: NotebookHost; onClose: () => void }) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const insert = (code: string) => {
    onClose();
    setTimeout(() => insertCode(host.panel.content, code)); // after the dialog has given the focus back
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface style={{ maxWidth: 720 }}>
        <ReturnFocus />
        <DialogBody>
          <DialogTitle
            action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={t('shell:close')} onClick={onClose} />}
          >
            {t('snippets.title')}
          </DialogTitle>
          <DialogContent>
            <p className={styles.note}>{t('snippets.text')}</p>
            <div className={styles.list}>
              {snippets.map(({ id, code }) => (
                <button key={id} type="button" className={styles.snippet} onClick={() => insert(code)}>
                  <span className={styles.name}>{t(`snippets.${id}`)}</span>
                  <code className={styles.code}>{code}</code>
                </button>
              ))}
            </div>
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
