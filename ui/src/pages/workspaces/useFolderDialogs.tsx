/** The dialogs of folders: new, rename, move and remove. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { TOP } from '../../api/folders';
import type { Item, ItemFolder, Workspace } from '../../api/schema';
import { mayMoveInto } from '../../lib/folders';
import { freeName } from '../../lib/names';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { NameDialog } from '../../parts/NameDialog';
import { MoveToFolder } from './MoveToFolder';
import { useFolderActions } from './useFolderActions';
import type { Dragged } from './useRowDrags';

type Asked =
  | { kind: 'new'; parent: string }
  | { kind: 'rename' | 'move' | 'remove'; folder: ItemFolder }
  | { kind: 'items'; items: Item[] };

export function useFolderDialogs(workspace: Workspace, folders: readonly ItemFolder[]) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const [asked, setAsked] = useState<Asked | null>(null);
  const actions = useFolderActions(workspace.id, workspace.name, folders);
  const close = () => setAsked(null);
  const ids = [TOP, ...folders.map((folder) => folder.id)];
  /** The chosen folder, or a new one in it. */
  const into = async (folder: string, newName: string, move: (folder: string, name?: string) => Promise<void>) => {
    if (!newName) return move(folder);
    const made = await actions.create(newName, folder);
    return move(made.id, made.name);
  };
  const onDrop = (dragged: Dragged, folder: string) => {
    if (dragged.items) void actions.moveItems(dragged.items, folder).catch(actions.fail);
    else if (mayMoveInto(folders, dragged.folder.id, folder)) void actions.moveFolder(dragged.folder, folder).catch(actions.fail);
  };

  const dialog = () => {
    if (!asked) return null;
    const common = { folders, workspaceName: workspace.name, onClose: close };
    switch (asked.kind) {
      case 'items':
        return (
          <MoveToFolder
            {...common}
            title={t('workspaces:folders.moveTitle', { count: asked.items.length })}
            targets={ids.filter((id) => asked.items.some((item) => item.folder !== id))}
            onMove={(folder, newName) => into(folder, newName, (to, name) => actions.moveItems(asked.items, to, name))}
          />
        );
      case 'move':
        return (
          <MoveToFolder
            {...common}
            title={t('workspaces:folders.moveFolderTitle', { name: asked.folder.name })}
            targets={ids.filter((id) => mayMoveInto(folders, asked.folder.id, id))}
            onMove={(folder, newName) => into(folder, newName, (to, name) => actions.moveFolder(asked.folder, to, name))}
          />
        );
      case 'remove':
        return (
          <ConfirmDialog
            open
            title={t('workspaces:folders.removeTitle', { name: asked.folder.name })}
            confirmLabel={t('workspaces:folders.remove')}
            onConfirm={() => actions.remove(asked.folder)}
            onClose={close}
          >
            {t('workspaces:folders.removeText')}
          </ConfirmDialog>
        );
      case 'rename':
      case 'new': {
        const parent = asked.kind === 'new' ? asked.parent : asked.folder.parent;
        const beside = folders.filter((one) => one.parent === parent).map((one) => one.name);
        return (
          <NameDialog
            open
            title={asked.kind === 'new' ? t('workspaces:folders.newTitle') : t('workspaces:renameTitle', { name: asked.folder.name })}
            submitLabel={asked.kind === 'new' ? t('workspaces:folders.create') : t('shell:rename')}
            initialName={asked.kind === 'new' ? freeName(t('workspaces:folders.name'), beside) : asked.folder.name}
            withDescription={false}
            onSubmit={({ name }) => (asked.kind === 'new' ? actions.create(name, parent) : actions.rename(asked.folder, name))}
            onClose={close}
          />
        );
      }
    }
  };
  return {
    onDrop,
    onMoveItems: (items: Item[]) => setAsked({ kind: 'items', items }),
    dialogs: dialog(),
    doings: {
      onDrop,
      onNew: (parent: string) => setAsked({ kind: 'new', parent }),
      onRename: (folder: ItemFolder) => setAsked({ kind: 'rename', folder }),
      onMove: (folder: ItemFolder) => setAsked({ kind: 'move', folder }),
      onRemove: (folder: ItemFolder) => setAsked({ kind: 'remove', folder }),
    },
  };
}
