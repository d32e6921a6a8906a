/** Capacities: the limits of sessions, for admins of the installation. */
import { Badge, Button } from '@fluentui/react-components';
import { AddRegular, TopSpeedRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useCapacities } from '../../api/capacities';
import { useMe } from '../../api/me';
import type { ListedCapacity } from '../../api/schema';
import { formatBytes, formatNumber } from '../../lib/format';
import { useCapacityName } from '../../parts/CapacityField';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { PageTools } from '../../parts/PageTools';
import { SidePanel } from '../../parts/SidePanel';
import { CellLine, Faint, OpeningRow, type PageColumn, PageTable, RowName } from '../../parts/table/PlainTable';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './CapacitiesPage.module.css';
import { CapacityForm } from './CapacityForm';

const NEW = 'new';

function CapacityRow({ capacity, onOpen }: { capacity: ListedCapacity; onOpen: () => void }) {
  const { t, i18n } = useTranslation('capacities');
  const name = useCapacityName()(capacity);
  const none = <Faint>{t('none')}</Faint>;
  const number = (value: number) => (value ? formatNumber(value, i18n.language) : none);
  const { gpus, running, sessions } = capacity;
  const users = [
    capacity.workspaces > 0 && t('workspaces', { count: capacity.workspaces }),
    capacity.notebooks > 0 && t('notebooks', { count: capacity.notebooks }),
  ].filter((one) => one !== false);
  return (
    <OpeningRow onOpen={onOpen}>
      <td>
        <CellLine>
          <RowName name={name} onOpen={onOpen} />
          {capacity.source === 'file' && <Badge appearance="tint">{t('fromFile')}</Badge>}
        </CellLine>
      </td>
      <td data-align="end">
        {capacity.memory_mb ? formatBytes(capacity.memory_mb * 1_000_000, i18n.language) : none}
      </td>
      <td data-align="end">{number(capacity.cores)}</td>
      <td data-align="end">{number(capacity.processes)}</td>
      <td>{gpus === 'all' || gpus === 'none' ? t(`gpuNames.${gpus}`) : gpus}</td>
      <td data-align="end">{number(capacity.idle_minutes)}</td>
      <td>
        {sessions ? t('running', { running, limit: sessions }) : t('runningFree', { running })}
        {capacity.waiting > 0 && `, ${t('waiting', { count: capacity.waiting })}`}
      </td>
      <td data-align="end">{number(capacity.sessions_per_person)}</td>
      <td>{users.length ? users.join(', ') : <Faint>{t('unused')}</Faint>}</td>
    </OpeningRow>
  );
}

function CapacityTable({ capacities, onOpen }: { capacities: ListedCapacity[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation('capacities');
  const columns: PageColumn[] = [
    { label: t('columns.name') },
    { label: t('columns.memory'), width: 96, align: 'end' },
    { label: t('columns.cores'), width: 96, align: 'end' },
    { label: t('columns.processes'), width: 96, align: 'end' },
    { label: t('columns.gpus'), width: 72 },
    { label: t('columns.idle'), width: 110, align: 'end' },
    { label: t('columns.sessions'), width: 230 },
    { label: t('columns.perPerson'), width: 96, align: 'end' },
    { label: t('columns.usedBy'), width: 190 },
  ];
  return (
    <PageTable label={t('title')} columns={columns} minWidth={1140}>
      {capacities.map((one) => (
        <CapacityRow key={one.id} capacity={one} onOpen={() => onOpen(one.id)} />
      ))}
    </PageTable>
  );
}

function CapacityList() {
  const { t, i18n } = useTranslation('capacities');
  const nameOf = useCapacityName();
  const { data, error, refetch } = useCapacities();
  const [search, setSearch] = useSearchParams();
  const open = search.get('capacity') ?? '';
  const set = (id: string) =>
    setSearch(
      (old) => {
        if (id) old.set('capacity', id);
        else old.delete('capacity');
        return old;
      },
      { replace: true },
    );
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton columns={6} rowHeight={44} />;
  const chosen = data.capacities.find((one) => one.id === open);
  return (
    <>
      <p className={styles.intro}>
        {t('intro', { cores: data.machine_cores, memory: formatBytes(data.machine_memory_bytes, i18n.language) })}
      </p>
      <PageTools>
        <Button appearance="primary" icon={<AddRegular />} onClick={() => set(NEW)}>
          {t('add')}
        </Button>
      </PageTools>
      <CapacityTable capacities={data.capacities} onOpen={set} />
      <SidePanel
        open={open === NEW || chosen !== undefined}
        title={chosen ? t('edit', { name: nameOf(chosen) }) : t('add')}
        onClose={() => set('')}
      >
        {(open === NEW || chosen) && <CapacityForm key={open} capacity={chosen} onDone={() => set('')} />}
      </SidePanel>
    </>
  );
}

export default function CapacitiesPage() {
  const { t } = useTranslation('capacities');
  const me = useMe().data;
  return (
    <>
      <PageHeader title={t('title')} icon={<TopSpeedRegular />} />
      {me && !me.user.admin && (
        <EmptyState icon={<TopSpeedRegular />} title={t('adminsOnly')} text={t('adminsOnlyText')} />
      )}
      {me?.user.admin && <CapacityList />}
    </>
  );
}
