/** All keys of the notebook. */
import { Button, Dialog, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { Kbd } from '../../../parts/Kbd';
import { ReturnFocus } from '../../../parts/ReturnFocus';
import { allKeys, bindings, groups } from '../keys';
import styles from './KeysDialog.module.css';

export function KeysDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation(['notebooks', 'shell']);
  return (
    <Dialog open={open} onOpenChange={(_, data) => !data.open && onClose()}>
      <DialogSurface style={{ maxWidth: 880 }}>
        <ReturnFocus />
        <DialogBody>
          <DialogTitle
            action={
              <Button appearance="subtle" icon={<DismissRegular />} aria-label={t('shell:close')} onClick={onClose} />
            }
          >
            {t('view.keybindings')}
          </DialogTitle>
          <DialogContent>
            <p className={styles.note}>{t('keys.modes')}</p>
            <div className={styles.groups}>
              {groups.map((group) => (
                <section key={group} className={styles.group}>
                  <h3>{t(`keys.group.${group}`)}</h3>
                  {bindings
                    .filter((binding) => binding.group === group)
                    .map(({ id, keys, mode }) => (
                      <div key={id} className={styles.line}>
                        <span>
                          {t(`keys.${id}`)}
                          {mode !== 'both' && <small>{t(`keys.mode.${mode}`)}</small>}
                        </span>
                        <span className={styles.keys}>
                          {allKeys(keys).map((chord) => (
                            <Kbd key={chord} keys={chord} />
                          ))}
                        </span>
                      </div>
                    ))}
                </section>
              ))}
            </div>
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
