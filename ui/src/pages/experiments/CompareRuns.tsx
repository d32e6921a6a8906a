/** The ticked runs side by side. */
import { Button } from '@fluentui/react-components';
import { AddRegular, DocumentDataRegular, TableMoveLeftRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { runFiles } from '../../api/artifacts';
import { useExperimentColumns } from '../../api/experiments';
import { usePickedRuns } from '../../api/runs';
import type { ExperimentView, RunRow } from '../../api/schema';
import { useWorkspaces } from '../../api/workspaces';
import { colorsOf } from '../../lib/chartColors';
import { runLabels } from '../../lib/chartData';
import type { Directions } from '../../lib/metricOrder';
import { atLeast } from '../../lib/roles';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { comparePath } from '../compare/address';
import { ComparedSides } from '../compare/ComparedSides';
import type { FileRun } from '../compare/sharedFiles';
import { TableToReport } from '../compare/TableToReport';
import type { ChangeState, ExperimentState, useExperimentState } from './address';
import { CompareTable, type Compared } from './CompareTable';
import { ViewMenu } from './ViewMenu';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
  link: ReturnType<typeof useExperimentState>['link'];
}

export function CompareRuns({ experiment, state, change, link }: Props) {
  const { t } = useTranslation('experiments');
  const { data: keys } = useExperimentColumns(experiment.workspace, experiment.id);
  const { data, error, isPending, refetch } = usePickedRuns(experiment.workspace, experiment.id, state.picked);
  if (state.picked.length < 2) {
    return (
      <EmptyState
        icon={<TableMoveLeftRegular />}
        title={t('sideBySide.none')}
        text={t('sideBySide.noneText')}
        actions={
          <Button appearance="primary" onClick={() => change({ view: 'list' })}>
            {t('sideBySide.toList')}
          </Button>
        }
      />
    );
  }
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (isPending || !data) return <TableSkeleton columns={4} />;
  return <Sides runs={data} state={state} change={change} link={link} experiment={experiment} directions={keys?.directions ?? {}} />;
}

function Sides(props: Props & { directions: Directions; runs: RunRow[] }) {
  const { experiment, runs, state, change, link } = props;
  const { side, file, pair } = state;
  const shown = useMemo(() => {
    const colors = colorsOf(state.picked);
    const labels = runLabels(runs);
    return runs.map((run) => ({
      id: run.run_id,
      source: runFiles(experiment.workspace, run.run_id),
      code: { workspace: experiment.workspace, run: run.run_id },
      name: labels.get(run.run_id) ?? run.name,
      color: colors.get(run.run_id),
      to: link({ view: 'details', run: run.run_id, tab: 'overview' }),
    }));
  }, [runs, state.picked, link, experiment.workspace]);
  return (
    <ComparedSides runs={shown} side={side} file={file} pair={pair} onPlace={(next) => change(next, { replace: true })}>
      <Table {...props} shown={shown} />
    </ComparedSides>
  );
}

function Table({ runs, shown, state, change, experiment, directions }: Props & { directions: Directions; runs: RunRow[]; shown: FileRun[] }) {
  const navigate = useNavigate();
  const { t } = useTranslation('experiments');
  const [reporting, setReporting] = useState(false);
  const canReport = useWorkspaces().data?.some((one) => atLeast(one.role, 'contributor')) ?? false;
  const places = [{ workspace: experiment.workspace, experiment: experiment.id, runs: state.picked }];
  const compared = useMemo(
    () => runs.flatMap((run, at): Compared[] => (shown[at] ? [{ ...shown[at], metrics: run.metrics, params: run.params }] : [])),
    [runs, shown],
  );
  return (
    <CompareTable
      label={t('sideBySide.label')}
      same={t('sideBySide.same')}
      compared={compared}
      baseline={state.baseline}
      onBaseline={(baseline) => change({ baseline }, { replace: true })}
      directions={directions}
      fileName={experiment.name}
      tools={
        <>
          <ViewMenu experiment={experiment} state={state} change={change} columns={undefined} />
          <Button icon={<AddRegular />} onClick={() => void navigate(comparePath(experiment.workspace, experiment.id, state.picked))}>
            {t('across.open')}
          </Button>
          {canReport && (
            <Button icon={<DocumentDataRegular />} onClick={() => setReporting(true)}>
              {t('chart.report')}
            </Button>
          )}
          {reporting && <TableToReport name={experiment.name} places={places} compared={compared} onClose={() => setReporting(false)} />}
        </>
      }
    />
  );
}
