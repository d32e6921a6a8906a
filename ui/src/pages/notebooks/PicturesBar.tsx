/** Asks before the notebook loads pictures from other addresses: those would learn who reads it, and when. */
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { arePicturesAllowed, useAllowPictures } from '../../api/notebooks';
import type { Notebook } from '../../api/schema';
import { errorDetail } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { picturesOf, replaceDocument } from '../../lib/pictures';

/** The browser reports each picture that the page's policy kept back. */
function isPictureElsewhere(event: SecurityPolicyViolationEvent): boolean {
  return event.effectiveDirective === 'img-src' && event.blockedURI.startsWith('https:');
}

export function PicturesBar({ record }: { record: Notebook }) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const { notify } = useNotices();
  const allow = useAllowPictures();
  const [asks, setAsks] = useState(false);
  const { workspace, id } = record;

  useEffect(() => {
    let looked = false;
    const look = async (event: SecurityPolicyViolationEvent) => {
      if (looked || !isPictureElsewhere(event)) return;
      looked = true;
      const allowed = await arePicturesAllowed(workspace, id).catch(() => false);
      if (allowed) await replaceDocument();
      else setAsks(true);
    };
    const listener = (event: SecurityPolicyViolationEvent) => void look(event);
    document.addEventListener('securitypolicyviolation', listener);
    return () => document.removeEventListener('securitypolicyviolation', listener);
  }, [workspace, id]);

  if (!asks || picturesOf() === id) return null;
  const show = async () => {
    try {
      await allow.mutateAsync({ workspace, notebook: id, allowed: true });
      await replaceDocument();
    } catch (error) {
      notify({ intent: 'error', title: t('pictures.failed'), body: errorDetail(error) });
    }
  };
  return (
    <MessageBar intent="info" shape="square" layout="multiline" style={{ flex: 'none' }}>
      <MessageBarBody>
        <MessageBarTitle>{t('pictures.title')}</MessageBarTitle> {t('pictures.text')}
      </MessageBarBody>
      <MessageBarActions
        containerAction={
          <Button
            appearance="transparent"
            icon={<DismissRegular />}
            aria-label={t('shell:close')}
            onClick={() => setAsks(false)}
          />
        }
      >
        <Button disabled={allow.isPending} onClick={() => void show()}>
          {t('pictures.show')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}
