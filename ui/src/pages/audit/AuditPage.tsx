/** The audit log: who did what, when and from where. Of the installation, or of the workspace in the address. */
import { Button, Dropdown, Input, Option, SearchBox, Tooltip } from '@fluentui/react-components';
import { ArrowDownloadRegular, DismissRegular, HistoryRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { auditCsv, useAudit, type AuditFilter } from '../../api/audit';
import { useMe } from '../../api/me';
import { useWorkspace } from '../../api/workspaces';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './AuditPage.module.css';
import { AuditTable } from './AuditTable';
import { AREAS, isArea } from './words';

const FIELDS = ['user', 'area', 'target', 'from', 'to'] as const;
type Field = (typeof FIELDS)[number];
const DAY = 86_400_000;

/** Midnight of a day such as "2026-11-28" in this time zone; null for anything else. */
function midnight(day: string, plus = 0): number | null {
  const at = new Date(`${day}T00:00:00`).getTime();
  return Number.isNaN(at) ? null : at + plus;
}

/** The filters, kept in the address. */
function useFilter() {
  const [search, setSearch] = useSearchParams();
  const of = (field: Field) => search.get(field) ?? '';
  const set = (values: Partial<Record<Field, string>>) =>
    setSearch(
      (old) => {
        for (const [field, value] of Object.entries(values)) {
          if (value) old.set(field, value);
          else old.delete(field);
        }
        return old;
      },
      { replace: true },
    );
  const area = of('area');
  const filter: AuditFilter = {
    user: of('user'),
    area: isArea(area) ? area : '',
    target: of('target'),
    since: midnight(of('from')),
    until: midnight(of('to'), DAY),
  };
  return { of, set, filter, filtered: FIELDS.some((field) => of(field) !== '') };
}

function Tools({ of, set, filtered, csv }: Pick<ReturnType<typeof useFilter>, 'of' | 'set' | 'filtered'> & { csv: string }) {
  const { t } = useTranslation('audit');
  const area = of('area');
  return (
    <div className={styles.tools} role="search">
      <SearchBox
        className={styles.text}
        value={of('user')}
        placeholder={t('filter.user')}
        aria-label={t('filter.user')}
        onChange={(_, { value }) => set({ user: value })}
      />
      <Dropdown
        className={styles.area}
        aria-label={t('filter.area')}
        value={isArea(area) ? t(`areas.${area}`) : t('filter.all')}
        selectedOptions={[area]}
        onOptionSelect={(_, { optionValue }) => set({ area: optionValue ?? '' })}
      >
        <Option value="">{t('filter.all')}</Option>
        {AREAS.map((one) => (
          <Option key={one} value={one}>
            {t(`areas.${one}`)}
          </Option>
        ))}
      </Dropdown>
      <SearchBox
        className={styles.text}
        value={of('target')}
        placeholder={t('filter.target')}
        aria-label={t('filter.target')}
        onChange={(_, { value }) => set({ target: value })}
      />
      <span className={styles.days}>
        <Input type="date" value={of('from')} max={of('to') || undefined} aria-label={t('filter.from')} onChange={(_, { value }) => set({ from: value })} />
        <span aria-hidden>–</span>
        <Input type="date" value={of('to')} min={of('from') || undefined} aria-label={t('filter.to')} onChange={(_, { value }) => set({ to: value })} />
      </span>
      {filtered && (
        <Tooltip content={t('filter.clear')} relationship="label">
          <Button
            appearance="subtle"
            icon={<DismissRegular />}
            onClick={() => set({ user: '', area: '', target: '', from: '', to: '' })}
          />
        </Tooltip>
      )}
      <span style={{ flex: 1 }} />
      <Button as="a" href={csv} download appearance="secondary" icon={<ArrowDownloadRegular />}>
        {t('csv')}
      </Button>
    </div>
  );
}

function Log({ workspace }: { workspace: string | undefined }) {
  const { t } = useTranslation('audit');
  const { of, set, filter, filtered } = useFilter();
  const pages = useAudit(workspace, filter);
  const entries = pages.data?.pages.flatMap((page) => page.entries) ?? [];
  const days = pages.data?.pages[0]?.kept_days;
  const body = () => {
    if (pages.error && !pages.data) return <ErrorState error={pages.error} onRetry={() => void pages.refetch()} />;
    if (!pages.data) return <TableSkeleton columns={5} rowHeight={36} />;
    if (!entries.length && filtered) return <EmptyState icon={<HistoryRegular />} title={t('noMatch')} />;
    if (!entries.length) return <EmptyState icon={<HistoryRegular />} title={t('empty')} text={t('emptyText')} />;
    return (
      <AuditTable
        entries={entries}
        ofOne={workspace !== undefined}
        onEnd={() => {
          if (pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage();
        }}
      />
    );
  };
  return (
    <>
      <Tools of={of} set={set} filtered={filtered} csv={auditCsv(workspace, filter)} />
      {body()}
      {days !== undefined && <p className={styles.kept}>{days ? t('kept', { count: days }) : t('keptForEver')}</p>}
    </>
  );
}

export default function AuditPage() {
  const { t } = useTranslation('audit');
  const { workspace } = useParams();
  const me = useMe().data;
  const found = useWorkspace(workspace ?? '');
  const role = found.data?.role;
  if (workspace && found.error && !found.data) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />;
  const known = workspace ? role !== undefined : me !== undefined;
  const allowed = workspace ? role === 'admin' : me?.user.admin;
  return (
    <>
      <PageHeader title={t('title')} icon={<HistoryRegular />} />
      {known && !allowed && <EmptyState icon={<HistoryRegular />} title={t('adminsOnly')} text={workspace ? t('workspaceAdmins') : t('installationAdmins')} />}
      {known && allowed && <Log workspace={workspace} />}
    </>
  );
}
