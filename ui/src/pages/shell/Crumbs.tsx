/** Breadcrumbs: workspace > item, as links; also sets the window's title. */
import { ChevronRightRegular } from '@fluentui/react-icons';
import { useEffect, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { path } from '../../api/client';
import { useFolders } from '../../api/folders';
import { useItems } from '../../api/items';
import { useWorkspace } from '../../api/workspaces';
import { isNotFound } from '../../lib/errors';
import { folderPath } from '../../lib/folders';
import { readPlace } from '../../lib/place';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import styles from './Crumbs.module.css';

const PAGES = {
  '/': 'home',
  '/create': 'create',
  '/workspaces': 'workspaces',
  '/audit': 'audit:title',
  '/capacities': 'capacities:title',
  '/compare': 'experiments:across.title',
  '/people': 'people:title',
  '/profile': 'people:profile.title',
  '/sessions': 'sessions:title',
} as const;

function isPage(pathname: string): pathname is keyof typeof PAGES {
  return Object.hasOwn(PAGES, pathname);
}

function lettersOf(name: string): CSSProperties & Record<'--letters', number> {
  return { '--letters': name.length };
}

export function Crumbs() {
  const { t } = useTranslation(['shell', 'experiments', 'people', 'audit', 'sessions', 'capacities', 'schedules', 'tables', 'webhooks', 'git']);
  const { pathname, search } = useLocation();
  const { workspace, item } = readPlace(pathname);
  const found = useWorkspace(workspace ?? '');
  // Ignore a removed workspace that is still in the cache.
  const workspaceName = isNotFound(found.error) ? undefined : found.data?.name;
  const items = useItems(item && workspace ? workspace : '');
  const folders = useFolders(workspace ?? '').data;
  const open = items.data?.find((one) => one.kind === item?.kind && one.id === item.id)?.folder ?? new URLSearchParams(search).get('folder') ?? '';
  const around = folderPath(folders ?? [], open);
  const itemName = items.data?.find((one) => one.kind === item?.kind && one.id === item.id)?.name;

  const noun = workspace === null ? undefined : pathname.split('/')[3];
  const titles = new Map([
    ['audit', t('audit:title')],
    ['git', t('git:title')],
    ['jobs', t('schedules:title')],
    ['schedules', t('schedules:title')],
    ['sessions', t('sessions:title')],
    ['tables', t('tables:title')],
    ['webhooks', t('webhooks:title')],
  ]);
  const ofWorkspace = titles.get(noun ?? '');
  const page = isPage(pathname) ? PAGES[pathname] : undefined;
  const inFolder = item || ofWorkspace ? undefined : around.at(-1)?.name;
  const title = itemName ?? ofWorkspace ?? inFolder ?? (item ? undefined : workspaceName) ?? (page ? t(page) : undefined);
  useEffect(() => {
    document.title = title ? `${title} - ${t('product')}` : t('product');
  }, [title, t]);

  if (!workspace || !workspaceName) return null;
  return (
    <nav className={styles.crumbs} aria-label={t('crumbs')}>
      <ol>
        <li style={lettersOf(workspaceName)}>
          {item || ofWorkspace || around.length ? (
            <Link to={path`/workspaces/${workspace}`}>
              <MiddleEllipsis text={workspaceName} />
            </Link>
          ) : (
            <span aria-current="page">
              <MiddleEllipsis text={workspaceName} />
            </span>
          )}
        </li>
        {!ofWorkspace &&
          around.map((folder, at) => (
            <li key={folder.id} style={lettersOf(folder.name)}>
              <ChevronRightRegular className={styles.chevron} aria-hidden />
              {item || at < around.length - 1 ? (
                <Link to={path`/workspaces/${workspace}` + `?folder=${folder.id}`}>
                  <MiddleEllipsis text={folder.name} />
                </Link>
              ) : (
                <span aria-current="page">
                  <MiddleEllipsis text={folder.name} />
                </span>
              )}
            </li>
          ))}
        {(itemName ?? ofWorkspace) && (
          <li>
            <ChevronRightRegular className={styles.chevron} aria-hidden />
            <span aria-current="page">
              <MiddleEllipsis text={itemName ?? ofWorkspace ?? ''} />
            </span>
          </li>
        )}
      </ol>
    </nav>
  );
}
