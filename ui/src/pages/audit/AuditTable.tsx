/** The entries of the audit log as a grid. */
import { useMemo, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { AuditEntry } from '../../api/schema';
import { browserName } from '../../lib/browserName';
import { formatDate } from '../../lib/format';
import { isRole } from '../../lib/roles';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import styles from './AuditTable.module.css';
import { isDetail } from './words';

interface Props {
  entries: AuditEntry[];
  /** Of one workspace, whose name need not be repeated. */
  ofOne: boolean;
  /** Called as the rows come near their end. */
  onEnd: () => void;
}

const NEAR = 40;

export function AuditTable({ entries, ofOne, onEnd }: Props) {
  const { t } = useTranslation('audit');
  const columns = useMemo(
    (): GridColumn[] => [
      { id: 'at', label: t('columns.at'), width: 224 },
      { id: 'user', label: t('columns.user'), width: 140 },
      { id: 'action', label: t('columns.action'), width: 200 },
      { id: 'target', label: t('columns.target'), width: 200, grow: true },
      { id: 'detail', label: t('columns.detail'), width: 200, grow: true },
      ...(ofOne ? [] : [{ id: 'workspace', label: t('columns.workspace'), width: 140 }]),
      { id: 'from', label: t('columns.from'), width: 200 },
    ],
    [t, ofOne],
  );
  const cell = (index: number, column: string): ReactNode => {
    const entry = entries[index];
    return entry ? <AuditCell entry={entry} column={column} /> : null;
  };
  return (
    <Grid
      className={styles.grid}
      label={t('title')}
      count={entries.length}
      columns={columns}
      rowKey={(index) => String(entries[index]?.id ?? index)}
      cell={cell}
      onRange={(last) => {
        if (last > entries.length - NEAR) onEnd();
      }}
    />
  );
}

function AuditCell({ entry, column }: { entry: AuditEntry; column: string }) {
  const { t, i18n } = useTranslation(['audit', 'workspaces']);
  const text = () => {
    if (column === 'at') return formatDate(entry.at, i18n.language);
    if (column === 'user') return entry.user_name;
    if (column === 'action') return t(`audit:action.${entry.action}`);
    if (column === 'target') return entry.action.startsWith('sign_in.') ? browserName(entry.target) : entry.target;
    if (column === 'workspace') return entry.workspace_name;
    if (column === 'from') return [entry.address, entry.via && t(`audit:via.${entry.via}`)].filter(Boolean).join(' · ');
    return Object.entries(entry.detail)
      .map(([name, value]) => {
        const label = isDetail(name) ? t(`audit:details.${name}`) : name;
        return `${label}: ${name === 'role' && isRole(value) ? t(`workspaces:roles.${value}`) : value}`;
      })
      .join(', ');
  };
  const shown = text();
  return (
    <span className={`hl-line ${entry.action === 'sign_in.failed' && column === 'action' ? styles.warn : ''}`} title={shown}>
      {shown}
    </span>
  );
}
