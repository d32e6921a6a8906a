/** The ticked versions of a model side by side, compared as runs are: by their own files, and by what their runs logged. */
import { Button } from '@fluentui/react-components';
import { TableMoveLeftRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { versionFiles } from '../../api/artifacts';
import type { ModelView, VersionRow } from '../../api/schema';
import { colorsOf } from '../../lib/chartColors';
import { EmptyState } from '../../parts/EmptyState';
import { picksPath } from '../compare/address';
import { ComparedSides } from '../compare/ComparedSides';
import type { FileRun } from '../compare/sharedFiles';
import { CompareTable, type Compared } from '../experiments/CompareTable';
import type { ChangeModelState, ModelState, useModelState } from './address';

interface Props {
  model: ModelView;
  state: ModelState;
  change: ChangeModelState;
  link: ReturnType<typeof useModelState>['link'];
}

export function CompareVersions({ model, state, change, link }: Props) {
  const { t } = useTranslation('models');
  const versions = useMemo(() => state.picked.flatMap((number) => model.versions.filter((one) => one.version === number)), [state.picked, model.versions]);
  const compared = useMemo(() => {
    const colors = colorsOf(versions.map((one) => String(one.version)));
    return versions.map((one): Compared & FileRun => ({
      id: String(one.version),
      source: versionFiles(model.workspace, model.name, one.version),
      code: one.run_id ? { workspace: model.workspace, run: one.run_id } : null,
      name: [t('version', { version: one.version }), ...one.aliases.map((alias) => `@${alias}`)].join(' '),
      note: one.run_name ?? undefined,
      color: colors.get(String(one.version)),
      to: link({ view: 'version', version: one.version }),
      metrics: one.metrics,
      params: one.params,
    }));
  }, [versions, model.workspace, model.name, link, t]);
  if (compared.length < 2) {
    return (
      <EmptyState
        icon={<TableMoveLeftRegular />}
        title={t('compare.none')}
        text={t('compare.noneText')}
        actions={
          <Button appearance="primary" onClick={() => change({ view: 'table' })}>
            {t('compare.toTable')}
          </Button>
        }
      />
    );
  }
  const { side, file, pair } = state;
  return (
    <ComparedSides runs={compared} side={side} file={file} pair={pair} onPlace={(next) => change(next, true)}>
      <CompareTable
        label={t('compare.label')}
        same={t('compare.same')}
        compared={compared}
        baseline={state.baseline}
        onBaseline={(baseline) => change({ baseline }, true)}
        directions={{}}
        fileName={model.name}
        tools={<CompareTheirRuns workspace={model.workspace} versions={versions} />}
      />
    </ComparedSides>
  );
}

/** Opens the comparison of the runs that the versions came from, with their charts and all of their files. */
function CompareTheirRuns({ workspace, versions }: { workspace: string; versions: VersionRow[] }) {
  const { t } = useTranslation('models');
  const navigate = useNavigate();
  const picks = versions.flatMap(({ experiment, run_id: run }) => (experiment && run ? [{ workspace, experiment, run }] : []));
  if (new Set(picks.map((one) => one.run)).size < 2) return null;
  return (
    <Button icon={<TableMoveLeftRegular />} onClick={() => void navigate(picksPath(picks))}>
      {t('compare.runs')}
    </Button>
  );
}
