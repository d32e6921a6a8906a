/** The models that a run logged, and the versions that were registered from it. */
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import type { RunDetail } from '../../api/schema';
import { Columns, Wide } from '../../parts/Columns';
import { RelativeTime } from '../../parts/RelativeTime';
import { SectionHeading } from '../../parts/SectionHeading';
import { PlainTable } from '../../parts/table/PlainTable';
import { CopyButton } from '../../parts/tags/CopyButton';
import styles from './RunModels.module.css';

export function RunModels({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const { versions } = detail.row;
  return (
    <Columns>
      <Wide label={t('models.logged')}>
        <SectionHeading>{t('models.logged')}</SectionHeading>
        {detail.models.length === 0 ? (
          <p className={styles.none}>{t('models.noneLogged')}</p>
        ) : (
          <PlainTable label={t('models.logged')}>
            <thead>
              <tr>
                <th>{t('models.name')}</th>
                <th>{t('models.status')}</th>
                <th>{t('models.created')}</th>
                <th>{t('models.id')}</th>
                <th data-tool />
              </tr>
            </thead>
            <tbody>
              {detail.models.map((model) => (
                <tr key={model.model_id}>
                  <td title={model.name}>{model.name}</td>
                  <td>{t(`models.state.${model.status}`, { defaultValue: model.status })}</td>
                  <td>
                    <RelativeTime at={model.created_at} />
                  </td>
                  <td className={styles.mono}>{model.model_id}</td>
                  <td data-tool>
                    <CopyButton text={`models:/${model.model_id}`} label={t('models.copyUri')} />
                  </td>
                </tr>
              ))}
            </tbody>
          </PlainTable>
        )}
      </Wide>
      <Wide label={t('models.registered')}>
        <SectionHeading>{t('models.registered')}</SectionHeading>
        {versions.length === 0 ? (
          <p className={styles.none}>{t('models.noneRegistered')}</p>
        ) : (
          <ul>
            {versions.map(({ model, version }) => (
              <li key={`${model} ${version}`}>
                <Link to={`${path`/workspaces/${workspace}/models/${model}`}?version=${version}`}>{t('versionOf', { model, version })}</Link>
              </li>
            ))}
          </ul>
        )}
      </Wide>
    </Columns>
  );
}
