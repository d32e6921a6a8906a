/** The workspaces beside the rail: search, pins, and + New workspace. */
import { Button, Popover, PopoverSurface, PopoverTrigger, SearchBox } from '@fluentui/react-components';
import { AddRegular, PinFilled, PinRegular, StackFilled, StackRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation, useNavigate } from 'react-router';
import { path } from '../../api/client';
import type { Workspace } from '../../api/schema';
import { useWorkspaces } from '../../api/workspaces';
import { matches } from '../../lib/match';
import { toggled, useStoredList } from '../../lib/stored';
import { ErrorState } from '../../parts/ErrorState';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { NewWorkspacePanel } from '../workspaces/NewWorkspacePanel';
import { RailButton } from './RailEntry';
import styles from './WorkspacesFlyout.module.css';

interface RowProps {
  workspace: Workspace;
  pinned: boolean;
  onPin: () => void;
  onGo: () => void;
}

function Row({ workspace, pinned, onPin, onGo }: RowProps) {
  const { t } = useTranslation('shell');
  return (
    <li className={styles.row}>
      <Link className={styles.link} to={path`/workspaces/${workspace.id}`} onClick={onGo}>
        <KindIcon kind="workspace" />
        <MiddleEllipsis text={workspace.name} />
      </Link>
      <Button
        className={pinned ? '' : styles.pin}
        appearance="subtle"
        size="small"
        icon={pinned ? <PinFilled /> : <PinRegular />}
        aria-label={t(pinned ? 'flyout.unpin' : 'flyout.pin', { name: workspace.name })}
        onClick={onPin}
      />
    </li>
  );
}

function FlyoutBody({ onGo }: { onGo: () => void }) {
  const { t } = useTranslation('shell');
  const { data, error, refetch } = useWorkspaces();
  const [filter, setFilter] = useState('');
  const [pins, changePins] = useStoredList('handloom.pins');
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton rows={4} columns={1} rowHeight={36} />;
  const found = data.filter((workspace) => matches(workspace.name, filter));
  const pinned = found.filter((workspace) => pins.includes(workspace.id));
  const rest = found.filter((workspace) => !pins.includes(workspace.id));
  const list = (label: string, rows: Workspace[]) =>
    rows.length > 0 && (
      <>
        <h3 className={styles.head}>{label}</h3>
        <ul className={styles.list}>
          {rows.map((workspace) => (
            <Row
              key={workspace.id}
              workspace={workspace}
              pinned={pins.includes(workspace.id)}
              onPin={() => changePins((old) => toggled(old, workspace.id))}
              onGo={onGo}
            />
          ))}
        </ul>
      </>
    );
  return (
    <>
      <SearchBox
        autoFocus
        className={styles.search}
        value={filter}
        placeholder={t('flyout.search')}
        aria-label={t('flyout.search')}
        onChange={(_, data_) => setFilter(data_.value)}
      />
      <div className={styles.scroll}>
        {list(t('flyout.pinned'), pinned)}
        {list(t('flyout.all'), rest)}
        {!found.length && <p className={styles.none}>{t(data.length ? 'flyout.none' : 'flyout.empty')}</p>}
      </div>
    </>
  );
}

export function WorkspacesFlyout() {
  const { t } = useTranslation('shell');
  const [open, setOpen] = useState(false);
  const [creating, setCreating] = useState(false);
  const navigate = useNavigate();
  const active = useLocation().pathname === '/workspaces';
  const close = () => setOpen(false);
  return (
    <>
      <Popover open={open} onOpenChange={(_, data) => setOpen(data.open)} positioning="after-top" trapFocus>
        <PopoverTrigger>
          <RailButton active={active || open} icon={<StackRegular />} activeIcon={<StackFilled />} label={t('workspaces')} />
        </PopoverTrigger>
        <PopoverSurface className={styles.surface} aria-label={t('flyout.title')}>
          <FlyoutBody onGo={close} />
          <div className={styles.foot}>
            <Button
              appearance="primary"
              icon={<AddRegular />}
              onClick={() => {
                close();
                setCreating(true);
              }}
            >
              {t('flyout.new')}
            </Button>
            <Button
              appearance="subtle"
              onClick={() => {
                close();
                void navigate('/workspaces');
              }}
            >
              {t('flyout.all')}
            </Button>
          </div>
        </PopoverSurface>
      </Popover>
      <NewWorkspacePanel open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
