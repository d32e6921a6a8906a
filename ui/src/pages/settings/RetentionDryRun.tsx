/** Dialog that shows what a retention rule would delete now, and turns the rule on. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Link, Spinner } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { path } from '../../api/client';
import { useDryRun, useTurnRetentionRule } from '../../api/retention';
import type { DryRun, RetentionRule } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { FailureBar } from '../../parts/FailureBar';
import { RelativeTime } from '../../parts/RelativeTime';
import { ReturnFocus } from '../../parts/ReturnFocus';
import styles from './RetentionDryRun.module.css';

const STAYS = ['tagged', 'registered', 'restored', 'related'] as const;

function Found({ workspace, found, onLeave }: { workspace: string; found: DryRun; onLeave: () => void }) {
  const { t, i18n } = useTranslation('settings');
  const navigate = useNavigate();
  const number = (value: number) => formatNumber(value, i18n.language);
  return (
    <>
      <p className={styles.sum}>{t('retention.wouldDelete', { count: found.runs, runs: number(found.runs) })}</p>
      {found.shown.length > 0 && (
        <ul className={styles.runs} aria-label={t('retention.doomed')}>
          {found.shown.map((run) => (
            <li key={run.run_id}>
              <Link
                as="button"
                className={styles.name}
                onClick={() => {
                  onLeave();
                  void navigate(`${path`/workspaces/${workspace}/experiments/${run.experiment}`}?view=details&run=${run.run_id}`);
                }}
              >
                {run.name}
              </Link>
              <span className={styles.faint}>{run.experiment_name}</span>
              <span className={styles.faint}>
                <RelativeTime at={run.ended_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {found.runs > found.shown.length && (
        <p className={styles.faint}>{t('retention.more', { count: found.runs - found.shown.length, runs: number(found.runs - found.shown.length) })}</p>
      )}
      {STAYS.some((why) => found[why] > 0) && (
        <ul className={styles.stays} aria-label={t('retention.stay')}>
          {STAYS.filter((why) => found[why] > 0).map((why) => (
            <li key={why}>{t(`retention.stays.${why}`, { count: found[why], runs: number(found[why]) })}</li>
          ))}
        </ul>
      )}
      <p className={styles.faint}>{t('retention.goesOn')}</p>
    </>
  );
}

interface Props {
  workspace: string;
  /** Null: closed. */
  rule: RetentionRule | null;
  onClose: () => void;
}

export function RetentionDryRun({ workspace, rule, onClose }: Props) {
  const { t } = useTranslation(['settings', 'shell']);
  const found = useDryRun(workspace, rule?.id ?? 0, rule !== null);
  const turn = useTurnRetentionRule();
  const close = () => {
    turn.reset();
    onClose();
  };
  const turnOn = () => {
    if (!rule || !found.data) return;
    turn.mutate(
      { workspace, retention_rule: rule.id, enabled: true, expected: found.data.runs },
      { onSuccess: close, onError: () => void found.refetch() },
    );
  };
  return (
    <Dialog open={rule !== null} onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <ReturnFocus />
        <DialogBody>
          <DialogTitle>{t('settings:retention.lookTitle')}</DialogTitle>
          <DialogContent className={styles.content}>
            {found.data && <Found workspace={workspace} found={found.data} onLeave={close} />}
            {!found.data && !found.error && <Spinner size="tiny" label={t('settings:retention.looking')} />}
            <FailureBar error={turn.error ?? found.error} />
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t('settings:retention.leaveOff')}</Button>
            <Button className="hl-danger" appearance="primary" disabled={!found.data || turn.isPending} onClick={turnOn}>
              {t('settings:retention.turnOn')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
