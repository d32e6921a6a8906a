/** Breadcrumbs: workspace > item, as links; also sets the window's title. */
import { ChevronRightRegular } from '@fluentui/react-icons';
import { useEffect, type CSSProperties } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { path } from '../../api/client';
import { useItems } from '../../api/items';
import { useWorkspace } from '../../api/workspaces';
import { isNotFound } from '../../lib/errors';
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

export function Crumbs() {
  const { t } = useTranslation(['shell', 'experiments', 'people', 'audit', 'sessions', 'capacities', 'schedules', 'tables', 'webhooks', 'git']);
  const { pathname } = useLocation();
  const { workspace, item } = readPlace(pathname);
  const found = useWorkspace(workspace ?? '');
  // Ignore a removed workspace that is still in the cache.
  const workspaceName = isNotFound(found.error) ? undefined : found.data?.name;
  const items = useItems(item && workspace ? workspace : '');
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
  const title = itemName ?? ofWorkspace ?? (item ? undefined : workspaceName) ?? (page ? t(page) : undefined);
  useEffect(() => {
    document.title = title ? `${title} - ${t('product')}` : t('product');
  }, [title, t]);

  if (!workspace || !workspaceName) return null;
  const letters: CSSProperties & Record<'--letters', number> = { '--letters': workspaceName.length };
  return (
    <nav className={styles.crumbs} aria-label={t('crumbs')}>
      <ol>
        <li style={letters}>
          {item || ofWorkspace ? (
            <Link to={path`/workspaces/${workspace}`}>
              <MiddleEllipsis text={workspaceName} />
            </Link>
          ) : (
            <span aria-current="page">
              <MiddleEllipsis text={workspaceName} />
            </span>
          )}
        </li>
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
