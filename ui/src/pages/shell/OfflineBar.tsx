/** Says that the server restarts, or that the live connection is lost. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useConnection } from '../../api/events';

export function OfflineBar() {
  const { t } = useTranslation('shell');
  const connection = useConnection();
  if (connection !== 'lost' && connection !== 'restarting') return null;
  return (
    <MessageBar intent="warning" shape="square" style={{ flex: 'none' }}>
      <MessageBarBody>{t(`connection.${connection}`)}</MessageBarBody>
    </MessageBar>
  );
}
