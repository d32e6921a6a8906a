/** Saved views of the run list and of comparisons: open, save, make the default, delete. A view is the page's address under a name. */
import { Button, Menu, MenuDivider, MenuItem, MenuItemRadio, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { BookmarkRegular, DeleteRegular, SaveRegular, StarOffRegular, StarRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { useRemoveView, useSaveView, useViews } from '../../api/views';
import type { ExperimentView, SavedView } from '../../api/schema';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { NameDialog } from '../../parts/NameDialog';
import type { ChangeState, ExperimentState } from './address';
import { acrossPath, differs, runsCompared, viewSearch } from './viewSearch';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
  /** Ids of the columns on screen; undefined where none are, beside a comparison. */
  columns: string[] | undefined;
}

/** A page opened without anything in its address shows the default view, if there is one. */
function useDefaultView(views: SavedView[] | undefined) {
  const [search, setSearch] = useSearchParams();
  const opened = useRef(search.size === 0);
  useEffect(() => {
    if (!views || !opened.current) return;
    opened.current = false;
    const wanted = views.find((view) => view.is_default);
    if (wanted) setSearch((now) => (now.size === 0 ? new URLSearchParams(`${wanted.search}&saved=${wanted.id}`) : now), { replace: true });
  }, [views, setSearch]);
}

export function ViewMenu({ experiment, state, change, columns }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { notify } = useNotices();
  const navigate = useNavigate();
  const { workspace, id } = experiment;
  const { data: views } = useViews(workspace, id);
  const [search, setSearch] = useSearchParams();
  const [naming, setNaming] = useState(false);
  const { mutateAsync: save } = useSaveView();
  const { mutateAsync: remove } = useRemoveView();
  useDefaultView(views);
  const current = views?.find((view) => view.id === state.saved);
  const now = viewSearch(search, columns);
  const changed = current !== undefined && differs(search, new URLSearchParams(current.search), columns);

  const attempt = (action: Promise<unknown>, done: string) =>
    void action.then(
      () => notify({ intent: 'success', title: done }),
      (error: unknown) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }),
    );
  const update = (view: SavedView, part: Partial<SavedView>, done: string) => {
    const { name, search: kept, is_default } = { ...view, ...part };
    attempt(save({ workspace, experiment: id, view: view.id, name, search: kept, is_default }), done);
  };
  const open = (view: SavedView) => {
    const across = acrossPath(view.name, view.search);
    if (across) void navigate(across);
    else setSearch(new URLSearchParams(`${view.search}&saved=${view.id}`));
  };
  const says = (view: SavedView) => {
    const count = runsCompared(view.search);
    return count ? t('views.comparison', { count }) : view.is_default ? t('views.default') : undefined;
  };
  return (
    <>
      <Menu checkedValues={{ view: current ? [current.id] : [] }}>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<BookmarkRegular />}>{current ? t(changed ? 'views.changed' : 'views.current', { name: current.name }) : t('views.label')}</Button>
        </MenuTrigger>
        <MenuPopover style={{ maxWidth: 460 }}>
          <MenuList>
            {views?.map((view) => (
              <MenuItemRadio key={view.id} name="view" value={view.id} secondaryContent={says(view)} onClick={() => open(view)}>
                {view.name}
              </MenuItemRadio>
            ))}
            {views && views.length > 0 && <MenuDivider />}
            <MenuItem icon={<SaveRegular />} onClick={() => setNaming(true)}>
              {t(columns ? 'views.save' : 'views.saveComparison')}
            </MenuItem>
            {current && (
              <>
                <MenuItem icon={<SaveRegular />} disabled={!changed} onClick={() => update(current, { search: now }, t('views.saved', { name: current.name }))}>
                  {t('views.update', { name: current.name })}
                </MenuItem>
                <MenuItem
                  icon={current.is_default ? <StarOffRegular /> : <StarRegular />}
                  onClick={() => update(current, { is_default: !current.is_default }, t(current.is_default ? 'views.isNoDefault' : 'views.isDefault', { name: current.name }))}
                >
                  {t(current.is_default ? 'views.noDefault' : 'views.makeDefault')}
                </MenuItem>
                <MenuItem
                  icon={<DeleteRegular />}
                  onClick={() => {
                    attempt(remove({ workspace, experiment: id, view: current.id }), t('views.deleted', { name: current.name }));
                    change({ saved: '' }, { replace: true });
                  }}
                >
                  {t('views.delete', { name: current.name })}
                </MenuItem>
              </>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      <NameDialog
        open={naming}
        title={t(columns ? 'views.save' : 'views.saveComparison')}
        submitLabel={t('shell:save')}
        withDescription={false}
        taken={views?.map((view) => view.name) ?? []}
        onSubmit={async ({ name }) => {
          const saved = await save({ workspace, experiment: id, name, search: now });
          const made = saved.views.find((view) => view.name === name);
          if (made) change({ saved: made.id }, { replace: true });
          notify({ intent: 'success', title: t('views.saved', { name }), body: t('views.share') });
        }}
        onClose={() => setNaming(false)}
      />
    </>
  );
}
