/** Who set and deleted the aliases of a model, when and why. */
import { Button } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAliasHistory } from '../../api/models';
import { RelativeTime } from '../../parts/RelativeTime';
import styles from './AliasHistory.module.css';

/** Entries before somebody asks for all. */
const SHOWN = 5;

export function AliasHistory({ workspace, model }: { workspace: string; model: string }) {
  const { t } = useTranslation('models');
  const { data } = useAliasHistory(workspace, model);
  const [all, setAll] = useState(false);
  const changes = data?.changes ?? [];
  if (!changes.length) return null;
  return (
    <>
      <ol className={styles.history} aria-label={t('aliases.history')}>
        {changes.slice(0, all ? changes.length : SHOWN).map((change, at) => (
          <li key={changes.length - at}>
            <span>{change.version === null ? t('aliases.deleted', { alias: change.alias }) : t('aliases.set', { alias: change.alias, version: change.version })}</span>
            <span className={styles.faint}>
              {change.user && `${change.user} · `}
              <RelativeTime at={change.at} />
            </span>
            {change.note && <p className={styles.note}>{change.note}</p>}
          </li>
        ))}
      </ol>
      {changes.length > SHOWN && !all && (
        <Button size="small" appearance="subtle" onClick={() => setAll(true)}>
          {t('aliases.all', { count: changes.length })}
        </Button>
      )}
    </>
  );
}
