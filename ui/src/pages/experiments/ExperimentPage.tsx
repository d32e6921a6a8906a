/** The page of an experiment: the run list with comparison, or one run's details. The URL is the state. */
import { Button, Spinner, Tab, TabList } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams } from 'react-router';
import { path } from '../../api/client';
import { useExperiment } from '../../api/experiments';
import { ErrorState } from '../../parts/ErrorState';
import { RunDetails } from '../runs/RunDetails';
import { TraceList } from '../traces/TraceList';
import { useExperimentState } from './address';
import { CompareRuns } from './CompareRuns';
import { ExperimentHeader } from './ExperimentHeader';
import styles from './ExperimentPage.module.css';
import { RunList } from './RunList';

export { prefetch } from './prefetch';

export default function ExperimentPage() {
  const { workspace = '', experiment = '' } = useParams();
  return <Experiment key={`${workspace}/${experiment}`} workspace={workspace} experiment={experiment} />;
}

function Experiment({ workspace, experiment }: { workspace: string; experiment: string }) {
  const { t } = useTranslation('experiments');
  const { state, change, link } = useExperimentState();
  const { data, error, isPending, refetch } = useExperiment(workspace, experiment);
  const navigate = useNavigate();

  if (error && !data) {
    const back = <Button onClick={() => void navigate(path`/workspaces/${workspace}`)}>{t('toWorkspace')}</Button>;
    return <ErrorState error={error} onRetry={() => void refetch()} actions={back} />;
  }
  if (isPending) return <Spinner label={t('loading')} className={styles.loading} />;
  const show = (view: unknown) => {
    if (view === 'details') change({ view, run: state.run || (state.picked[0] ?? '') });
    else if (view === 'compare' || view === 'traces') change({ view });
    else change({ view: 'list' });
  };
  return (
    <div className={styles.page}>
      <ExperimentHeader experiment={data} />
      <div className={styles.views}>
        <span className="hl-hidden" id="experiment-view">
          {t('view.label')}
        </span>
        <TabList size="small" aria-labelledby="experiment-view" selectedValue={state.view} onTabSelect={(_, tab) => show(tab.value)}>
          <Tab value="list">{t('view.list')}</Tab>
          <Tab value="details">{t('view.details')}</Tab>
          <Tab value="compare">{t('view.compare')}</Tab>
          <Tab value="traces">{t('view.traces')}</Tab>
        </TabList>
      </div>
      {state.view === 'list' ? (
        <RunList experiment={data} state={state} change={change} link={link} />
      ) : state.view === 'compare' ? (
        <CompareRuns experiment={data} state={state} change={change} link={link} />
      ) : state.view === 'traces' ? (
        <TraceList workspace={workspace} experiment={experiment} />
      ) : (
        <RunDetails experiment={data} state={state} change={change} />
      )}
    </div>
  );
}
