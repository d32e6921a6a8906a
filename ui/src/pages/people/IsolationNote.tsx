/** Whether sessions are kept apart on this server, for its admins. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useIsolation } from '../../api/sessions';
import styles from './IsolationNote.module.css';

export function IsolationNote() {
  const { t } = useTranslation('people');
  const { data } = useIsolation();
  if (!data) return null;
  const { boxed, required, reason } = data;
  const text = () => {
    if (boxed) return t('isolation.boxed');
    if (required) return t('isolation.refused', { reason });
    return reason ? t('isolation.missing', { reason }) : t('isolation.off');
  };
  return (
    <MessageBar intent={boxed ? 'success' : required ? 'error' : 'warning'} layout="multiline" className={styles.note}>
      <MessageBarBody>{text()}</MessageBarBody>
    </MessageBar>
  );
}
