/** What became of a webhook's last messages: waiting for another attempt, delivered, or given up. */
import { Badge, Button } from '@fluentui/react-components';
import { ArrowClockwiseRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Outcome } from '../../api/schema';
import { useDeliveries, useSendAgain } from '../../api/webhooks';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { RelativeTime } from '../../parts/RelativeTime';
import { SectionHeading } from '../../parts/SectionHeading';
import styles from './Deliveries.module.css';

export function Deliveries({ workspace, webhook }: { workspace: string; webhook: string }) {
  const { t } = useTranslation(['webhooks', 'shell']);
  const { data, error, isFetching, refetch } = useDeliveries(workspace, webhook);
  const again = useSendAgain();
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <section className={styles.section} aria-label={t('webhooks:deliveries')}>
      <div className={styles.head}>
        <SectionHeading>{t('webhooks:deliveries')}</SectionHeading>
        <Button size="small" appearance="subtle" icon={<ArrowClockwiseRegular />} disabled={isFetching} onClick={() => void refetch()}>
          {t('webhooks:refresh')}
        </Button>
      </div>
      {again.error && <FailureBar error={again.error} />}
      {data?.deliveries.length === 0 && <p className={styles.faint}>{t('webhooks:noDeliveries')}</p>}
      <ul className={styles.list}>
        {data?.deliveries.map((one) => (
          <Message key={one.id} message={one} busy={again.isPending} onAgain={() => again.mutate({ workspace, webhook, delivery: one.id })} />
        ))}
      </ul>
    </section>
  );
}

const COLORS = { delivered: 'success', given_up: 'danger', waiting: 'warning' } as const;

function Message({ message, busy, onAgain }: { message: Outcome; busy: boolean; onAgain: () => void }) {
  const { t } = useTranslation('webhooks');
  const state = message.state === 'delivered' || message.state === 'given_up' ? message.state : 'waiting';
  return (
    <li>
      <Badge appearance="tint" color={COLORS[state]}>
        {t(`state.${state}`)}
      </Badge>
      <span className={styles.event}>{message.event}</span>
      <span className={styles.faint}>
        <RelativeTime at={message.at} />
      </span>
      {state === 'given_up' && (
        <Button size="small" disabled={busy} onClick={onAgain}>
          {t('again')}
        </Button>
      )}
      {(message.problem || message.attempts > 1) && (
        <p className={styles.problem}>
          {t('attempts', { count: message.attempts })}
          {message.problem && ` · ${message.problem}`}
        </p>
      )}
    </li>
  );
}
