/** Ids, commit and MLflow's own tags of a run. */
import { useTranslation } from 'react-i18next';
import type { RunDetail } from '../../api/schema';
import { Columns, Wide } from '../../parts/Columns';
import { codeChangesOf } from './codeTag';
import { PairTable } from './PairTable';

export function RunSystem({ detail }: { detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const ids: [string, string | null][] = [
    [t('system.run'), detail.row.run_id],
    [t('system.experiment'), detail.row.experiment],
    [t('system.parent'), detail.row.parent_run_id],
    [t('system.artifacts'), detail.artifact_uri],
    [t('system.commit'), detail.git_commit],
    [t('system.code'), detail.git_commit && codeState()],
    [t('system.source'), detail.row.source],
  ];
  function codeState(): string {
    const changes = codeChangesOf(detail.system_tags);
    if (changes === null) return t('system.codeUnknown');
    return changes.count === 0 ? t('system.codeCommitted') : t('system.codeChanged', { count: changes.count });
  }
  const known = ids.flatMap(([name, value]): [string, string][] => (value ? [[name, value]] : []));
  const tags = Object.entries(detail.system_tags).sort(([a], [b]) => a.localeCompare(b));
  return (
    <Columns>
      <Wide>
        <PairTable title={t('system.ids')} pairs={known} empty="" />
      </Wide>
      <Wide>
        <PairTable title={t('system.tags')} pairs={tags} empty={t('tags.none')} />
      </Wide>
    </Columns>
  );
}
