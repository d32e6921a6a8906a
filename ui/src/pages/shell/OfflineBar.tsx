/** Says that the server restarts or is about to stop, or that the live connection is lost. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useConnection } from '../../api/events';
import { useMe } from '../../api/me';
import { formatTime } from '../../lib/format';

export function OfflineBar() {
  const { t, i18n } = useTranslation('shell');
  const connection = useConnection();
  const draining = useMe().data?.draining;
  const text = () => {
    if (connection === 'lost' || connection === 'restarting') return t(`connection.${connection}`);
    return draining ? t('connection.draining', { time: formatTime(draining.until, i18n.language) }) : null;
  };
  const shown = text();
  if (shown === null) return null;
  return (
    <MessageBar intent="warning" shape="square" layout="multiline" style={{ flex: 'none' }}>
      <MessageBarBody>{shown}</MessageBarBody>
    </MessageBar>
  );
}
