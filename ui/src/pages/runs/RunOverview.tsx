/** The overview of a run: params, metrics and tags. */
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { runFiles } from '../../api/artifacts';
import { usePutTag, useRemoveTag, useUpdateRun } from '../../api/runs';
import type { RunDetail } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { Column, Columns, Wide } from '../../parts/Columns';
import { Pictures } from '../../parts/Markdown';
import { SectionHeading } from '../../parts/SectionHeading';
import { EditableText } from '../../parts/tags/EditableText';
import { TagList } from '../../parts/tags/TagList';
import { ChildRuns, SiblingRuns } from './RunFamily';
import { MetricTable } from './MetricTable';
import { PairTable } from './PairTable';
import { Reproduce } from './Reproduce';
import { RunDatasets } from './RunDatasets';

export function RunOverview({ workspace, detail }: { workspace: string; detail: RunDetail }) {
  const { t } = useTranslation(['runs', 'shell']);
  const update = useUpdateRun();
  const put = usePutTag();
  const remove = useRemoveTag();
  const run = detail.row.run_id;
  const canWrite = useCanWrite(workspace);
  const files = useMemo(() => runFiles(workspace, run), [workspace, run]);
  const params = Object.entries(detail.row.params).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Columns>
      <Wide label={t('shell:description')}>
        <SectionHeading>{t('shell:description')}</SectionHeading>
        <Pictures.Provider value={files.content}>
          <EditableText
            text={detail.description}
            label={t('shell:description')}
            placeholder={t('noDescription')}
            readOnly={!canWrite}
            onSave={(description) => update.mutateAsync({ workspace, run, description })}
          />
        </Pictures.Provider>
      </Wide>
      <Column>
        <ChildRuns workspace={workspace} detail={detail} />
        <SiblingRuns workspace={workspace} detail={detail} />
        <MetricTable workspace={workspace} run={run} metrics={detail.metric_summaries} />
        <Reproduce workspace={workspace} run={run} />
        <section aria-label={t('tags.title')}>
          <SectionHeading>{t('tags.title')}</SectionHeading>
          <TagList
            tags={detail.row.tags}
            readOnly={!canWrite}
            onPut={(key, value) => put.mutateAsync({ workspace, run, key, value })}
            onRemove={(key) => remove.mutateAsync({ workspace, run, key })}
          />
        </section>
      </Column>
      <Column>
        <PairTable title={t('params.title')} pairs={params} empty={t('params.none')} />
        <RunDatasets datasets={detail.datasets} />
      </Column>
    </Columns>
  );
}
