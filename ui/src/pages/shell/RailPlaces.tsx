/** The rail's lower part: the current workspace, and the notebooks opened in it or elsewhere. */
import { DismissRegular, NotebookRegular, StackFilled, StackRegular } from '@fluentui/react-icons';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation, useNavigate } from 'react-router';
import { path } from '../../api/client';
import { useNotebook } from '../../api/notebooks';
import { useSessions } from '../../api/sessions';
import { useWorkspaces } from '../../api/workspaces';
import { isNotFound } from '../../lib/errors';
import { readPlace } from '../../lib/place';
import { useStoredList, withFirst } from '../../lib/stored';
import { RailLink } from './RailEntry';
import styles from './RailPlaces.module.css';

const OPEN_NOTEBOOKS = 6;

function CurrentWorkspace({ id, name }: { id: string; name: string }) {
  const { t } = useTranslation('shell');
  return (
    <RailLink to={path`/workspaces/${id}`} aria-label={t('rail.current', { name })} title={name} icon={<StackRegular />} activeIcon={<StackFilled />} label={name} />
  );
}

interface OpenProps {
  workspace: string;
  notebook: string;
  live: boolean;
  onClose: () => void;
}

function OpenNotebook({ workspace, notebook, live, onClose }: OpenProps) {
  const { t } = useTranslation('shell');
  const query = useNotebook(workspace, notebook);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const gone = isNotFound(query.error);
  useEffect(() => {
    if (gone) onClose();
  }, [gone, onClose]);
  const name = query.data?.name;
  if (!name) return null;
  const to = path`/workspaces/${workspace}/notebooks/${notebook}`;
  const icon = (
    <>
      <NotebookRegular />
      {live && <span className={styles.dot} />}
    </>
  );
  return (
    <div className={styles.open}>
      <RailLink to={to} title={name} aria-label={t(live ? 'rail.notebookLive' : 'rail.notebook', { name })} icon={icon} activeIcon={icon} label={name} />
      <button
        type="button"
        className={styles.close}
        aria-label={t('rail.closeNotebook', { name })}
        onClick={() => {
          onClose();
          if (pathname === to) void navigate(path`/workspaces/${workspace}`);
        }}
      >
        <DismissRegular />
      </button>
    </div>
  );
}

export function RailPlaces() {
  const { t } = useTranslation('shell');
  const { pathname } = useLocation();
  const { workspace, item } = readPlace(pathname);
  const workspaces = useWorkspaces();
  const sessions = useSessions();
  const [last, changeLast] = useStoredList('handloom.workspace');
  const [open, changeOpen] = useStoredList('handloom.notebooks');
  const notebook = workspace && item?.kind === 'notebook' ? `${workspace}/${item.id}` : null;

  useEffect(() => {
    if (workspace) changeLast(() => [workspace]);
  }, [workspace, changeLast]);
  useEffect(() => {
    // Open notebooks keep their order, so that the bar does not change under the pointer.
    if (notebook) changeOpen((old) => (old.includes(notebook) ? old : withFirst(old, notebook, OPEN_NOTEBOOKS)));
  }, [notebook, changeOpen]);

  const current = workspaces.data?.find((one) => one.id === (workspace ?? last[0]));
  if (!current && !open.length) return null;
  return (
    <>
      <span className={styles.line} />
      {current && <CurrentWorkspace id={current.id} name={current.name} />}
      <div role="group" aria-label={t('rail.openNotebooks')}>
        {open.map((key) => {
          const [owner = '', id = ''] = key.split('/');
          return (
            <OpenNotebook
              key={key}
              workspace={owner}
              notebook={id}
              live={sessions.data?.some((session) => session.notebook === id && session.state !== 'dead' && session.state !== 'queued') ?? false}
              onClose={() => changeOpen((old) => old.filter((one) => one !== key))}
            />
          );
        })}
      </div>
    </>
  );
}
