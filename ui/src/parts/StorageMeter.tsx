/** How much of a limit is used, as words and a bar; without a limit the words alone. */
import { ProgressBar } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { formatBytes, formatNumber } from '../lib/format';
import styles from './StorageMeter.module.css';

const NEARLY_FULL = 0.9;

interface Room {
  used: number;
  /** 0: none. */
  limit: number;
}

interface Props {
  label: string;
  room: Room;
  /** Whether the room is bytes, and not a number. */
  bytes: boolean;
}

export function useRoomText() {
  const { t, i18n } = useTranslation('settings');
  return ({ used, limit }: Room, bytes: boolean) => {
    const text = (value: number) => (bytes ? formatBytes(value, i18n.language) : formatNumber(value, i18n.language));
    return limit ? t('storage.of', { used: text(used), limit: text(limit) }) : text(used);
  };
}

export function StorageMeter({ label, room, bytes }: Props) {
  const text = useRoomText()(room, bytes);
  const share = room.limit ? room.used / room.limit : 0;
  return (
    <div className={styles.meter}>
      <div className={styles.words}>
        <span>{label}</span>
        <span className={styles.amount}>{text}</span>
      </div>
      {room.limit > 0 && (
        <ProgressBar
          aria-label={`${label}: ${text}`}
          value={Math.min(share, 1)}
          color={share >= 1 ? 'error' : share >= NEARLY_FULL ? 'warning' : 'brand'}
          thickness="large"
        />
      )}
    </div>
  );
}
