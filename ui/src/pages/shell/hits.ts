/** What a search finds: the server's items and runs, then workspaces and pages by name. */
import { useTranslation } from 'react-i18next';
import { useLocation } from 'react-router';
import { path } from '../../api/client';
import { itemPath, useSearch } from '../../api/items';
import { useMe } from '../../api/me';
import { useWorkspaces } from '../../api/workspaces';
import { matches } from '../../lib/match';
import { readPlace } from '../../lib/place';
import type { IconKind } from '../../parts/KindIcon';

export interface Hit {
  name: string;
  /** Kind and where it is. */
  place: string;
  to: string;
  icon?: IconKind;
}

/** Pages and settings: found by their names in the person's language. */
function usePages(): Hit[] {
  const { t } = useTranslation(['shell', 'settings', 'people', 'audit']);
  const admin = useMe().data?.user.admin;
  const { pathname } = useLocation();
  const { workspace } = readPlace(pathname);
  const page = t('shell:kinds.page');
  const pages: Hit[] = [
    { name: t('shell:home'), place: page, to: '/' },
    { name: t('shell:create'), place: page, to: '/create' },
    { name: t('shell:workspaces'), place: page, to: '/workspaces' },
    { name: t('people:profile.title'), place: page, to: '/profile' },
    ...(admin ? [{ name: t('people:title'), place: page, to: '/people' }] : []),
    ...(admin ? [{ name: t('audit:title'), place: page, to: '/audit' }] : []),
    { name: t('shell:user.tokens'), place: t('shell:search.setting'), to: `${pathname}?account=tokens` },
  ];
  if (!workspace) return pages;
  const home = path`/workspaces/${workspace}`;
  return [
    ...pages,
    { name: t('people:access.title'), place: t('shell:search.setting'), to: `${home}?access=open` },
    { name: t('settings:title'), place: t('shell:search.setting'), to: `${home}?settings=general` },
    { name: t('settings:mounts.title'), place: t('shell:search.setting'), to: `${home}?settings=mounts` },
  ];
}

export function useHits(query: string): { hits: Hit[]; pending: boolean; failed: boolean } {
  const { t } = useTranslation('shell');
  const found = useSearch(query);
  const workspaces = useWorkspaces();
  const pages = usePages();
  if (!query) return { hits: [], pending: true, failed: false };
  const items = (found.data?.items ?? []).map(
    (item): Hit => ({
      name: item.name,
      place: `${t(`kinds.${item.kind}`)} · ${item.workspace_name}`,
      to: itemPath(item),
      icon: item.kind,
    }),
  );
  const runs = (found.data?.runs ?? []).map(
    (run): Hit => ({
      name: run.name || run.run_id,
      place: `${t('kinds.run')} · ${run.experiment_name} · ${run.workspace_name}`,
      to: `${path`/workspaces/${run.workspace}/experiments/${run.experiment}`}?${new URLSearchParams({ view: 'details', run: run.run_id }).toString()}`,
      icon: 'run',
    }),
  );
  const places = (workspaces.data ?? [])
    .filter((workspace) => matches(workspace.name, query))
    .slice(0, 8)
    .map(
      (workspace): Hit => ({
        name: workspace.name,
        place: t('kinds.workspace'),
        to: path`/workspaces/${workspace.id}`,
        icon: 'workspace',
      }),
    );
  const hits = [...places, ...items, ...runs, ...pages.filter((page) => matches(page.name, query))];
  return { hits, pending: found.isPending || found.isPlaceholderData, failed: found.isError };
}
