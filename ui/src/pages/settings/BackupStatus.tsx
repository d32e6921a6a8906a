/** When the installation was last backed up, and how to do it. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useBackupStatus } from '../../api/backups';
import { formatBytes, formatNumber } from '../../lib/format';
import { CopyField } from '../../parts/CopyField';
import { SectionText, SectionTitle } from '../../parts/form/Section';
import { RelativeTime } from '../../parts/RelativeTime';
import styles from './BackupStatus.module.css';

const WEEK = 7 * 86_400_000;
const COMMAND = 'handloom backup /mnt/backups/handloom';

export function BackupStatus() {
  const { t, i18n } = useTranslation('settings');
  const { data } = useBackupStatus();
  if (!data) return null;
  const { last, every_hours: hours } = data;
  const isOld = last !== null && Date.now() - last.created_at > WEEK;
  const what = (files: number, bytes: number) =>
    t('backup.what', { files: formatNumber(files, i18n.language), size: formatBytes(bytes, i18n.language) });
  return (
    <section className={styles.backup} aria-label={t('backup.title')}>
      <SectionTitle>{t('backup.title')}</SectionTitle>
      {last && (
        <SectionText>
          {t('backup.last')} <RelativeTime at={last.created_at} /> ({what(last.files, last.bytes)})
        </SectionText>
      )}
      {(isOld || !last) && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>{t(last ? 'backup.old' : 'backup.none')}</MessageBarBody>
        </MessageBar>
      )}
      {hours > 0 && <SectionText>{t('backup.every', { count: hours })}</SectionText>}
      {(isOld || !last || hours === 0) && <CopyField label={t('backup.byHand')} text={COMMAND} />}
    </section>
  );
}
