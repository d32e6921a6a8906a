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
import { SidePanel } from '../../parts/SidePanel';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './CapacitiesPage.module.css';
import { CapacityForm } from './CapacityForm';

const NEW = 'new';

function CapacityRow({ capacity, onOpen }: { capacity: ListedCapacity; onOpen: () => void }) {
  const { t, i18n } = useTranslation('capacities');
  const name = useCapacityName()(capacity);
  const none = <span className={styles.faint}>{t('none')}</span>;
  const number = (value: number) => (value ? formatNumber(value, i18n.language) : none);
  const { gpus, running, sessions } = capacity;
  const users = [
    capacity.workspaces > 0 && t('workspaces', { count: capacity.workspaces }),
    capacity.notebooks > 0 && t('notebooks', { count: capacity.notebooks }),
  ].filter((one) => one !== false);
  return (
    <tr onClick={onOpen}>
      <td>
        <span className={styles.capacity}>
          <button type="button" className={styles.name} title={name} onClick={onOpen}>
            {name}
          </button>
          {capacity.source === 'file' && <Badge appearance="tint">{t('fromFile')}</Badge>}
        </span>
      </td>
      <td className={styles.number}>
        {capacity.memory_mb ? formatBytes(capacity.memory_mb * 1_000_000, i18n.language) : none}
      </td>
      <td className={styles.number}>{number(capacity.cores)}</td>
      <td className={styles.number}>{number(capacity.processes)}</td>
      <td>{gpus === 'all' || gpus === 'none' ? t(`gpuNames.${gpus}`) : gpus}</td>
      <td className={styles.number}>{number(capacity.idle_minutes)}</td>
      <td>
        {sessions ? t('running', { running, limit: sessions }) : t('runningFree', { running })}
        {capacity.waiting > 0 && `, ${t('waiting', { count: capacity.waiting })}`}
      </td>
      <td className={styles.number}>{number(capacity.sessions_per_person)}</td>
      <td>{users.length ? users.join(', ') : <span className={styles.faint}>{t('unused')}</span>}</td>
    </tr>
  );
}

function CapacityTable({ capacities, onOpen }: { capacities: ListedCapacity[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation('capacities');
  const right = styles.number;
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>{t('columns.name')}</th>
            <th className={right}>{t('columns.memory')}</th>
            <th className={right}>{t('columns.cores')}</th>
            <th className={right}>{t('columns.processes')}</th>
            <th>{t('columns.gpus')}</th>
            <th className={right}>{t('columns.idle')}</th>
            <th>{t('columns.sessions')}</th>
            <th className={right}>{t('columns.perPerson')}</th>
            <th>{t('columns.usedBy')}</th>
          </tr>
        </thead>
        <tbody>
          {capacities.map((one) => (
            <CapacityRow key={one.id} capacity={one} onOpen={() => onOpen(one.id)} />
          ))}
        </tbody>
      </table>
    </div>
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
      <div className={styles.tools}>
        <Button appearance="primary" icon={<AddRegular />} onClick={() => set(NEW)}>
          {t('add')}
        </Button>
      </div>
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
