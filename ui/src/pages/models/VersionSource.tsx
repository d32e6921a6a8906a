/** Source of a version: links to run, experiment and notebook. */
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import type { VersionDetail } from '../../api/schema';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import { SectionHeading } from '../../parts/SectionHeading';
import styles from './VersionSource.module.css';

export function VersionSource({ workspace, detail }: { workspace: string; detail: VersionDetail }) {
  const { t } = useTranslation('models');
  const { row, copied_from: copied } = detail;
  const experiment = row.experiment === null ? null : path`/workspaces/${workspace}/experiments/${row.experiment}`;
  return (
    <section aria-label={t('source.title')}>
      <SectionHeading>{t('source.title')}</SectionHeading>
      <dl className={styles.facts}>
        <dt>{t('source.run')}</dt>
        <dd>
          {row.run_id && experiment ? (
            <Link to={`${experiment}?view=details&run=${row.run_id}`}>
              <MiddleEllipsis text={row.run_name ?? row.run_id} />
            </Link>
          ) : (
            (row.run_name ?? row.run_id ?? t('noRun'))
          )}
        </dd>
        <dt>{t('source.experiment')}</dt>
        <dd>
          {experiment ? (
            <Link to={experiment}>
              <MiddleEllipsis text={row.experiment_name ?? ''} />
            </Link>
          ) : (
            '–'
          )}
        </dd>
        <dt>{t('source.notebook')}</dt>
        <dd>
          {row.notebook ? (
            <Link to={path`/workspaces/${workspace}/notebooks/${row.notebook.id}`}>
              <MiddleEllipsis text={row.notebook.name} />
            </Link>
          ) : (
            '–'
          )}
        </dd>
        <dt>{t('source.created')}</dt>
        <dd>
          <RelativeTime at={row.created_at} /> {row.user && `· ${row.user}`}
        </dd>
        {copied && (
          <>
            <dt>{t('copy.from')}</dt>
            <dd>
              <Link to={`${path`/workspaces/${copied.workspace}/models/${copied.model}`}?version=${copied.version}`}>
                <MiddleEllipsis text={t('copy.origin', { workspace: copied.workspace_name, model: copied.model, version: copied.version })} />
              </Link>
              {copied.by && t('copy.by', { name: copied.by })}
            </dd>
          </>
        )}
        <dt>{t('source.flavors')}</dt>
        <dd>{detail.flavors.join(', ') || '–'}</dd>
        <dt>{t('source.mlflow')}</dt>
        <dd>{detail.mlflow_version ?? '–'}</dd>
        {row.status !== 'READY' && (
          <>
            <dt>{t('source.status')}</dt>
            <dd>{row.status}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
