/** The groups of an installation: the list, adding one, and one beside the list. */
import { Button } from '@fluentui/react-components';
import { AddRegular, PeopleCommunityRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useCreateGroup, useGroups } from '../../api/groups';
import type { Group } from '../../api/schema';
import { formatNumber } from '../../lib/format';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { NameDialog } from '../../parts/NameDialog';
import { PageTools } from '../../parts/PageTools';
import { CellLine, Faint, OpeningRow, PageTable, RowName } from '../../parts/table/PlainTable';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { GroupPanel } from './GroupPanel';

function GroupTable({ groups, onOpen }: { groups: Group[]; onOpen: (id: string) => void }) {
  const { t, i18n } = useTranslation('people');
  const columns = [
    { label: t('columns.name') },
    { label: t('groups.claim'), width: 260 },
    { label: t('groups.members'), width: 110, align: 'end' as const },
    { label: t('columns.workspaces'), width: 130, align: 'end' as const },
  ];
  return (
    <PageTable label={t('groups.title')} columns={columns} minWidth={640}>
      {groups.map((group) => (
        <OpeningRow key={group.id} onOpen={() => onOpen(group.id)}>
          <td>
            <CellLine>
              <PeopleCommunityRegular fontSize={20} aria-hidden />
              <RowName name={group.name} onOpen={() => onOpen(group.id)} />
            </CellLine>
          </td>
          <td title={group.claim}>{group.claim || <Faint>{t('groups.noClaim')}</Faint>}</td>
          <td data-align="end">{formatNumber(group.members, i18n.language)}</td>
          <td data-align="end">{formatNumber(group.workspaces, i18n.language)}</td>
        </OpeningRow>
      ))}
    </PageTable>
  );
}

export function GroupsTab() {
  const { t } = useTranslation('people');
  const { data, error, refetch } = useGroups();
  const create = useCreateGroup();
  const [search, setSearch] = useSearchParams();
  const [adding, setAdding] = useState(false);
  const show = (more: Record<string, string>) => setSearch({ tab: 'groups', ...more }, { replace: true });
  const add = (
    <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
      {t('groups.add')}
    </Button>
  );
  const body = () => {
    if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
    if (!data) return <TableSkeleton columns={4} rowHeight={44} />;
    if (!data.length) {
      return <EmptyState icon={<PeopleCommunityRegular />} title={t('groups.none')} text={t('groups.noneText')} actions={add} />;
    }
    return (
      <>
        <PageTools>{add}</PageTools>
        <GroupTable groups={data} onOpen={(group) => show({ group })} />
      </>
    );
  };
  return (
    <>
      {body()}
      <NameDialog
        open={adding}
        title={t('groups.add')}
        submitLabel={t('add.submit')}
        withDescription={false}
        onSubmit={async ({ name }) => {
          const made = await create.mutateAsync({ name });
          show({ group: made.id });
        }}
        onClose={() => setAdding(false)}
      />
      <GroupPanel group={data?.find((one) => one.id === search.get('group')) ?? null} onClose={() => show({})} />
    </>
  );
}
