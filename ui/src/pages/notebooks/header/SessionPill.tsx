/** The session: its state as a pill with a menu, and Stop session beside it while it runs. */
import {
  Button,
  Menu,
  MenuButton,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Spinner,
} from '@fluentui/react-components';
import { ArrowCounterclockwiseRegular, PlugConnectedRegular, RecordStopRegular, StopFilled } from '@fluentui/react-icons';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { formatBytes, formatDuration, formatTime } from '../../../lib/format';
import { ConfirmDialog } from '../../../parts/ConfirmDialog';
import { firstKeys } from '../keys';
import type { Pill } from '../sessionState';
import type { SessionControl } from '../useSession';
import { KeepPackages } from './KeepPackages';
import styles from './SessionPill.module.css';

export function PillDot({ pill }: { pill: Pill }) {
  if (pill === 'starting' || pill === 'reconnecting') return <Spinner size="extra-tiny" />;
  return <span className={styles.dot} data-pill={pill} aria-hidden />;
}

interface Props {
  control: SessionControl;
  onRestart: () => void;
}

export function SessionPill({ control, onRestart }: Props) {
  const { t } = useTranslation('notebooks');
  const { session, pill } = control;
  const live = session !== undefined && pill !== 'dead';
  const [asking, setAsking] = useState(false);
  return (
    <div className={styles.session}>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <MenuButton size="small" className={styles.pill} icon={<PillDot pill={pill} />} data-pill={pill}>
            <span aria-live="polite">{t(`session.${pill}`)}</span>
          </MenuButton>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<PlugConnectedRegular />} disabled={live || pill === 'starting'} onClick={control.connect}>
              {t('session.connect')}
            </MenuItem>
            <MenuItem
              icon={<RecordStopRegular />}
              secondaryContent={firstKeys('interrupt')}
              disabled={pill !== 'busy'}
              onClick={control.interrupt}
            >
              {t('run.interrupt')}
            </MenuItem>
            <MenuItem
              icon={<ArrowCounterclockwiseRegular />}
              secondaryContent={firstKeys('restart')}
              disabled={!session || pill === 'queued'}
              onClick={onRestart}
            >
              {t('run.restart')}
            </MenuItem>
          </MenuList>
          {session && (
            <>
              <MenuDivider />
              <SessionFacts control={control} />
              {session.requested.length > 0 && <KeepPackages session={session} />}
            </>
          )}
        </MenuPopover>
      </Menu>
      {session && (
        <Button
          size="small"
          appearance="subtle"
          className={styles.stop}
          icon={control.stopping ? <Spinner size="extra-tiny" /> : <StopFilled />}
          disabled={control.stopping}
          onClick={() => (pill === 'busy' ? setAsking(true) : control.stop())}
        >
          {t(pill === 'queued' ? 'queue.leave' : 'session.stop')}
        </Button>
      )}
      <ConfirmDialog
        open={asking}
        title={t('session.stop')}
        confirmLabel={t('session.stop')}
        danger
        onConfirm={() => {
          setAsking(false);
          control.stop();
        }}
        onClose={() => setAsking(false)}
      >
        {t('session.stopText')}
      </ConfirmDialog>
    </div>
  );
}

function SessionFacts({ control: { session } }: { control: SessionControl }) {
  const { t, i18n } = useTranslation('notebooks');
  if (!session) return null;
  const { language } = i18n;
  const { packages } = session;
  const size = formatBytes(session.packages_bytes, language);
  const facts: [string, ReactNode][] = [
    [t('session.memory'), formatBytes(session.memory_bytes, language)],
    [
      t('session.packages'),
      packages.length === 0 ? (
        t('session.noPackages')
      ) : (
        <span title={packages.join('\n')}>{t('session.packagesOf', { count: packages.length, size })}</span>
      ),
    ],
    ...(session.environment.length === 0
      ? []
      : ([
          [
            t('session.environment'),
            <span key="environment" title={session.environment.join('\n')}>
              {t('session.environmentOf', { name: session.environment_name, count: session.environment.length })}
            </span>,
          ],
        ] satisfies [string, ReactNode][])),
    [t('session.cpu'), `${Math.round(session.cpu_percent)} %`],
    [t('session.engine'), t(session.engine_running ? 'session.engineOn' : 'session.engineOff')],
    [
      t('session.apart'),
      <span key="apart" title={t(session.boxed ? 'session.boxedDetail' : 'session.notBoxedDetail')}>
        {t(session.boxed ? 'session.boxed' : 'session.notBoxed')}
      </span>,
    ],
    [t('session.started'), formatTime(session.started_at, language)],
    [t('session.readyIn'), formatDuration(session.ready_in, language)],
    [
      t('session.timeout'),
      session.timeout ? t('settings.minutes', { count: session.timeout }) : t('settings.never'),
    ],
  ];
  return (
    <dl className={styles.facts} aria-label={t('session.details')}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
