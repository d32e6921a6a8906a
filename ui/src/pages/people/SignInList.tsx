/** Browsers in which a person is signed in. */
import { Badge, Button } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Token } from '../../api/schema';
import { browserName } from '../../lib/browserName';
import { RelativeTime } from '../../parts/RelativeTime';
import styles from './SignInList.module.css';

interface Props {
  signIns: Token[];
  /** The id of the browser that looks at the list. */
  current?: string;
  onEnd: (id: string) => void;
}

export function SignInList({ signIns, current, onEnd }: Props) {
  const { t } = useTranslation('people');
  if (!signIns.length) return <p className={styles.faint}>{t('signIns.none')}</p>;
  return (
    <ul className={styles.list} aria-label={t('signIns.title')}>
      {signIns.map((one) => (
        <li key={one.id} className={styles.row}>
          <div className={styles.words}>
            <span className="hl-line" title={one.name}>
              {browserName(one.name)}{' '}
              {one.id === current && <Badge appearance="tint">{t('signIns.this')}</Badge>}
            </span>
            <span className={styles.faint}>
              {one.address && `${one.address} · `}
              {t('signIns.since')} <RelativeTime at={one.created_at} />
              {one.last_used_at !== null && (
                <>
                  {' · '}
                  {t('signIns.used')} <RelativeTime at={one.last_used_at} />
                </>
              )}
            </span>
          </div>
          {one.id !== current && (
            <Button size="small" aria-label={t('signIns.endNamed', { name: browserName(one.name) })} onClick={() => onEnd(one.id)}>
              {t('signIns.end')}
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
