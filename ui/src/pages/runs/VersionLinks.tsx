/** The registered versions made from a run, each a link to its page. */
import { Badge } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import type { RegisteredVersion } from '../../api/schema';
import styles from './VersionLinks.module.css';

export function VersionLinks({ workspace, versions }: { workspace: string; versions: RegisteredVersion[] }) {
  const { t } = useTranslation('runs');
  if (!versions.length) return <span className={styles.none}>–</span>;
  return (
    <span className={styles.links}>
      {versions.map(({ model, version }) => (
        <Link
          key={`${model}/${version}`}
          to={`${path`/workspaces/${workspace}/models/${model}`}?version=${version}`}
          className={styles.link}
          title={t('versionOf', { model, version })}
        >
          <span className="hl-line">{model}</span>
          <Badge appearance="tint" color="brand" size="small">
            {t('versionShort', { version })}
          </Badge>
        </Link>
      ))}
    </span>
  );
}
