/** The workspaces of an installation: what each keeps, and its quota, for admins of the installation. */
import { Badge, SearchBox } from '@fluentui/react-components';
import { FolderRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import type { Room, Storage } from '../../api/schema';
import { useAllStorage } from '../../api/storage';
import { matches } from '../../lib/match';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageTools } from '../../parts/PageTools';
import { useRoomText } from '../../parts/StorageMeter';
import { CellLine, OpeningRow, PageTable, RowName } from '../../parts/table/PlainTable';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { QuotaPanel } from './QuotaPanel';

function RoomCell({ room, bytes }: { room: Room; bytes: boolean }) {
  const { t } = useTranslation('people');
  const text = useRoomText()(room, bytes);
  const full = room.limit > 0 && room.used >= room.limit;
  return (
    <td data-align="end">
      {full && (
        <Badge appearance="tint" color="danger">
          {t('storage.full')}
        </Badge>
      )}{' '}
      {text}
    </td>
  );
}

function StorageTable({ workspaces, onOpen }: { workspaces: Storage[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation('people');
  const columns = [
    { label: t('columns.name') },
    { label: t('storage.artifacts'), width: 190, align: 'end' as const },
    { label: t('storage.files'), width: 190, align: 'end' as const },
    { label: t('storage.notebooks'), width: 110, align: 'end' as const },
  ];
  return (
    <PageTable label={t('storage.title')} columns={columns} minWidth={660}>
      {workspaces.map((one) => (
        <OpeningRow key={one.workspace} onOpen={() => onOpen(one.workspace)}>
          <td>
            <CellLine>
              <RowName name={one.name} onOpen={() => onOpen(one.workspace)} />
            </CellLine>
          </td>
          <RoomCell room={one.artifacts} bytes />
          <RoomCell room={one.files} bytes />
          <RoomCell room={one.notebooks} bytes={false} />
        </OpeningRow>
      ))}
    </PageTable>
  );
}

export function WorkspacesTab() {
  const { t } = useTranslation('people');
  const { data, error, refetch } = useAllStorage();
  const [search, setSearch] = useSearchParams();
  const filter = search.get('filter') ?? '';
  const set = (key: string, value: string) =>
    setSearch(
      (old) => {
        if (value) old.set(key, value);
        else old.delete(key);
        return old;
      },
      { replace: true },
    );
  const body = () => {
    if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
    if (!data) return <TableSkeleton columns={4} rowHeight={44} />;
    const shown = data.workspaces.filter((one) => matches(one.name, filter));
    if (!shown.length) return <EmptyState icon={<FolderRegular />} title={t('storage.noMatch')} />;
    return <StorageTable workspaces={shown} onOpen={(id) => set('workspace', id)} />;
  };
  return (
    <>
      <PageTools
        end={
          <SearchBox
            value={filter}
            placeholder={t('storage.filter')}
            aria-label={t('storage.filter')}
            onChange={(_, { value }) => set('filter', value)}
          />
        }
      >
        <span>{t('storage.intro')}</span>
      </PageTools>
      {body()}
      <QuotaPanel
        storage={data?.workspaces.find((one) => one.workspace === search.get('workspace')) ?? null}
        defaults={data?.defaults}
        onClose={() => set('workspace', '')}
      />
    </>
  );
}
