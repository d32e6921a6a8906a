/** A link that signs a person in, once: shown now and never again. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../api/schema';
import { formatDate } from '../../lib/format';
import { fullAddress } from '../../lib/pathPrefix';
import { CopyField } from '../../parts/CopyField';

export function InvitationLink({ invitation }: { invitation: Invitation }) {
  const { t, i18n } = useTranslation('people');
  return (
    <>
      <MessageBar intent="success" layout="multiline">
        <MessageBarBody>
          {t('link.send', { name: invitation.user.display_name, date: formatDate(invitation.expires_at, i18n.language) })}
        </MessageBarBody>
      </MessageBar>
      <CopyField label={t('link.label')} text={fullAddress(invitation.path)} />
    </>
  );
}
