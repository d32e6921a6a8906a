/** Saved, saving, not saved: beside the title. */
import { Button, Spinner, Tooltip } from '@fluentui/react-components';
import { CheckmarkRegular, CircleFilled, ErrorCircleRegular } from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { formatTime } from '../../../lib/format';
import type { Saver } from '../lab/saver';
import { useSignals } from '../lab/signals';
import type { SaveState } from '../saving';
import styles from './SaveMark.module.css';

const ICONS: Record<SaveState['kind'], ReactElement> = {
  saved: <CheckmarkRegular />,
  dirty: <CircleFilled className={styles.unsaved} />,
  saving: <Spinner size="extra-tiny" />,
  failed: <ErrorCircleRegular />,
  conflict: <ErrorCircleRegular />,
  gone: <ErrorCircleRegular />,
};

export function SaveMark({ saver }: { saver: Saver }) {
  const { t, i18n } = useTranslation('notebooks');
  useSignals(saver.changed);
  const { state } = saver;
  const at = state.at === null ? '' : formatTime(state.at, i18n.language);
  return (
    <Tooltip content={`${t('save.hint')}${at && ` ${t('save.lastAt', { at })}`}`} relationship="description">
      <Button
        size="small"
        appearance="transparent"
        className={styles.saved}
        data-state={state.kind}
        icon={ICONS[state.kind]}
        onClick={() => void saver.save()}
      >
        <span aria-live="polite">{t(`save.${state.kind}`)}</span>
      </Button>
    </Tooltip>
  );
}
