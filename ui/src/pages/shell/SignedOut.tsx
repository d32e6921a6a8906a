/** Overlay after the session has ended; the page behind it is kept. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle } from '@fluentui/react-components';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe, useWays } from '../../api/me';
import { openPage, pagePath, replacePage } from '../../lib/pathPrefix';

export function SignedOut() {
  const { t } = useTranslation('shell');
  const wasIn = useMe().data !== undefined;
  const ways = useWays().data;
  const page = ways !== undefined && (ways.passwords || ways.provider !== '');
  const next = encodeURIComponent(pagePath() + location.search);
  useEffect(() => {
    if (page && !wasIn) replacePage(`/sign-in?next=${next}`); // nothing on this page could be lost
  }, [page, wasIn, next]);
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
            {page && (
              <Button appearance="primary" onClick={() => openPage(`/sign-in?next=${next}`)}>
                {t('signedOut.signIn')}
              </Button>
            )}
            <Button appearance={page ? 'secondary' : 'primary'} onClick={() => location.reload()}>
              {t('signedOut.reload')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
