/** Overlay after the session has ended; the page behind it is kept. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../api/me';

export function SignedOut() {
  const { t } = useTranslation('shell');
  const wasIn = useMe().data !== undefined;
  return (
    <Dialog open modalType="alert">
      <DialogSurface style={{ maxWidth: 480 }}>
        <DialogBody>
          <DialogTitle>{t(wasIn ? 'signedOut.title' : 'signedOut.first')}</DialogTitle>
          <DialogContent>
            <p>{t('signedOut.text')}</p>
            <code>handloom token sign-in</code>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={() => location.reload()}>
              {t('signedOut.reload')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
