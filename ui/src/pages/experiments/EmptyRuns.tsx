/** Empty state of an experiment: code to copy that logs a run. */
import { BeakerRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { ExperimentView } from '../../api/schema';
import { EmptyState } from '../../parts/EmptyState';
import { CodeBlock } from '../../parts/tags/CodeBlock';

function snippet(name: string): string {
  return [
    'import mlflow',
    '',
    `mlflow.set_experiment(${JSON.stringify(name)})`,
    'with mlflow.start_run():',
    '    mlflow.log_param("depth", 5)',
    '    mlflow.log_metric("r2", 0.56)',
  ].join('\n');
}

export function EmptyRuns({ experiment }: { experiment: ExperimentView }) {
  const { t } = useTranslation('experiments');
  return (
    <EmptyState
      icon={<BeakerRegular />}
      title={t('empty.title')}
      text={t('empty.text')}
      actions={<CodeBlock code={snippet(experiment.name)} label={t('empty.copy')} />}
    />
  );
}
