/** Webhooks of a workspace: who is told of changes of its models, and whether the messages arrive. */
import { Badge, Button } from '@fluentui/react-components';
import { AddRegular, PlugConnectedRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { path } from '../../api/client';
import type { WebhookView } from '../../api/schema';
import { useWebhooks } from '../../api/webhooks';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { PageHeader } from '../../parts/PageHeader';
import { PageTools } from '../../parts/PageTools';
import { RelativeTime } from '../../parts/RelativeTime';
import { SidePanel } from '../../parts/SidePanel';
import { CellLine, Faint, OpeningRow, PageTable, RowName, type PageColumn } from '../../parts/table/PlainTable';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { Deliveries } from './Deliveries';
import { WebhookForm } from './WebhookForm';
import styles from './WebhooksPage.module.css';

const NEW = 'new';

export default function WebhooksPage() {
  const { workspace = '' } = useParams();
  const { t } = useTranslation('webhooks');
  const { data, error, refetch } = useWebhooks(workspace);
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const open = search.get('webhook') ?? '';
  const set = (id: string) => setSearch(id ? { webhook: id } : {}, { replace: open !== '' });
  const add = (
    <Button appearance="primary" icon={<AddRegular />} onClick={() => set(NEW)}>
      {t('add')}
    </Button>
  );
  const shown = data?.webhooks.find((one) => one.id === open);
  return (
    <div className={styles.page}>
      <PageHeader icon={<PlugConnectedRegular />} title={t('title')} description={t('about')} />
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} actions={<Button onClick={() => void navigate(path`/workspaces/${workspace}`)}>{t('toWorkspace')}</Button>} />
      ) : !data ? (
        <TableSkeleton columns={4} />
      ) : data.webhooks.length === 0 ? (
        <EmptyState icon={<PlugConnectedRegular />} title={t('none')} text={t('noneText')} actions={add} />
      ) : (
        <>
          <PageTools>{add}</PageTools>
          <WebhookTable webhooks={data.webhooks} onOpen={set} />
        </>
      )}
      <SidePanel open={data !== undefined && (open === NEW || shown !== undefined)} title={shown?.name ?? t('add')} onClose={() => set('')} width={560}>
        {data && <WebhookForm key={open} workspace={workspace} webhook={shown} events={data.events} onSaved={set} onRemoved={() => set('')} />}
        {shown && <Deliveries workspace={workspace} webhook={shown.id} />}
      </SidePanel>
    </div>
  );
}

function WebhookTable({ webhooks, onOpen }: { webhooks: WebhookView[]; onOpen: (id: string) => void }) {
  const { t } = useTranslation('webhooks');
  const columns: PageColumn[] = [
    { label: t('name'), width: 220 },
    { label: t('url') },
    { label: t('events') },
    { label: t('format.label'), width: 130 },
    { label: t('changed'), width: 130 },
  ];
  return (
    <PageTable label={t('title')} columns={columns} minWidth={900}>
      {webhooks.map((one) => (
        <OpeningRow key={one.id} onOpen={() => onOpen(one.id)}>
          <td>
            <CellLine>
              <RowName name={one.name} onOpen={() => onOpen(one.id)} />
              {!one.active && <Badge appearance="tint">{t('off')}</Badge>}
            </CellLine>
          </td>
          <td title={one.url}>{one.url}</td>
          <td title={one.events.join(', ')}>
            <Faint>{one.events.join(', ')}</Faint>
          </td>
          <td>{one.format === 'slack' ? t('format.slack') : t('format.mlflow')}</td>
          <td>
            <RelativeTime at={one.modified_at} />
          </td>
        </OpeningRow>
      ))}
    </PageTable>
  );
}
