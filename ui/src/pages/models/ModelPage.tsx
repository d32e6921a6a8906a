/** The page of a model: versions at the left, the selected one at the right. */
import { Button, Spinner } from '@fluentui/react-components';
import { BrainCircuitRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { path } from '../../api/client';
import { useModel, useVersion } from '../../api/models';
import type { ModelView } from '../../api/schema';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { CodeBlock } from '../../parts/tags/CodeBlock';
import { ModelHeader } from './ModelHeader';
import styles from './ModelPage.module.css';
import { VersionList } from './VersionList';
import { VersionView } from './VersionView';

export default function ModelPage() {
  const { workspace = '', model = '' } = useParams();
  const { t } = useTranslation('models');
  const { data, error, isPending, refetch } = useModel(workspace, model);
  const navigate = useNavigate();
  if (error && !data) {
    const back = <Button onClick={() => void navigate(path`/workspaces/${workspace}`)}>{t('toWorkspace')}</Button>;
    return <ErrorState error={error} onRetry={() => void refetch()} actions={back} />;
  }
  if (isPending) return <Spinner label={t('loading')} className={styles.fill} />;
  return (
    <div className={styles.page}>
      <ModelHeader model={data} />
      {data.versions.length ? <Versions key={data.name} model={data} /> : <NoVersions model={data} />}
    </div>
  );
}

function Versions({ model }: { model: ModelView }) {
  const { t } = useTranslation('models');
  const [search, setSearch] = useSearchParams();
  const newest = model.versions[0]?.version ?? 0;
  const shown = Number(search.get('version') ?? newest) || newest;
  const { data, error, refetch } = useVersion(model.workspace, model.name, shown);
  const select = (version: number) => setSearch(version === newest ? {} : { version: String(version) });
  return (
    <div className={styles.versions}>
      <VersionList versions={model.versions} selected={shown} onSelect={select} />
      <div className={styles.version}>
        {data ? (
          <VersionView key={shown} model={model} detail={data} onDeleted={() => setSearch({}, { replace: true })} />
        ) : error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Spinner label={t('loading')} className={styles.fill} />
        )}
      </div>
    </div>
  );
}

function NoVersions({ model }: { model: ModelView }) {
  const { t } = useTranslation('models');
  const code = ['import mlflow', '', `mlflow.register_model("runs:/<run id>/model", ${JSON.stringify(model.name)})`].join('\n');
  return (
    <EmptyState
      icon={<BrainCircuitRegular />}
      title={t('empty.title')}
      text={t('empty.text')}
      actions={<CodeBlock code={code} label={t('copyCode')} />}
    />
  );
}
