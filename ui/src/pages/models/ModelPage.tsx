/** The page of a model: one version, all versions as a table, or some side by side. The URL is the state. */
import { Button, Spinner, Tab, TabList } from '@fluentui/react-components';
import { BrainCircuitRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { path } from '../../api/client';
import { useModel, useVersion } from '../../api/models';
import type { ModelView } from '../../api/schema';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { CodeBlock } from '../../parts/tags/CodeBlock';
import { modelTab, useModelState, type ChangeModelState, type ModelState } from './address';
import { CompareVersions } from './CompareVersions';
import { ModelHeader } from './ModelHeader';
import styles from './ModelPage.module.css';
import { VersionList } from './VersionList';
import { VersionTable } from './VersionTable';
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
  const { state, change, link } = useModelState();
  return (
    <>
      <div className={styles.views}>
        <span className="hl-hidden" id="model-view">
          {t('view.label')}
        </span>
        <TabList size="small" aria-labelledby="model-view" selectedValue={state.view} onTabSelect={(_, tab) => change({ view: modelTab(tab.value) })}>
          <Tab value="version">{t('view.version')}</Tab>
          <Tab value="table">{t('view.table')}</Tab>
          <Tab value="compare">{t('view.compare')}</Tab>
        </TabList>
      </div>
      {state.view === 'table' ? (
        <VersionTable model={model} state={state} change={change} />
      ) : state.view === 'compare' ? (
        <CompareVersions model={model} state={state} change={change} link={link} />
      ) : (
        <OneVersion model={model} state={state} change={change} />
      )}
    </>
  );
}

function OneVersion({ model, state, change }: { model: ModelView; state: ModelState; change: ChangeModelState }) {
  const { t } = useTranslation('models');
  const newest = model.versions[0]?.version ?? 0;
  const shown = state.version ?? newest;
  const { data, error, refetch } = useVersion(model.workspace, model.name, shown);
  return (
    <div className={styles.versions}>
      <VersionList versions={model.versions} selected={shown} metric={state.metric} onMetric={(metric) => change({ metric }, true)} onSelect={(version) => change({ version: version === newest ? null : version })} />
      <div className={styles.version}>
        {data ? (
          <VersionView key={shown} model={model} detail={data} onDeleted={() => change({ version: null }, true)} />
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
