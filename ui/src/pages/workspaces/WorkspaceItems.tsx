/** The list of a workspace's items with its actions; notebook files can be dropped on it. */
import { Button } from '@fluentui/react-components';
import { BeakerRegular, BookOpenRegular, BoxRegular, FilterDismissRegular, FolderOpenRegular, NotebookRegular } from '@fluentui/react-icons';
import { useMemo, useState, type DragEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { path } from '../../api/client';
import { TOP, useFolders } from '../../api/folders';
import { useItems, useRenameItem } from '../../api/items';
import type { Item, ItemFolder, Workspace } from '../../api/schema';
import { useStoredList } from '../../lib/stored';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { NameDialog } from '../../parts/NameDialog';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { TutorialDialog } from '../home/TutorialDialog';
import { DeleteItems } from './DeleteItems';
import { ItemTable } from './ItemTable';
import { FromGitDialog } from './FromGitDialog';
import { ItemTools } from './ItemTools';
import { NewItemDialog } from './NewItemDialog';
import { filterRows, keyOf, listRows, nextOrder, readOrder, sortRows } from './rows';
import { useFolderDialogs } from './useFolderDialogs';
import { ROW_TYPE, takeDragged, type Dragged } from './useRowDrags';
import { useUpload } from './useUpload';
import styles from './WorkspaceItems.module.css';

/** Rows as the address asks for them, and the folders that are open. */
function useRows(workspace: string, root: string, items: readonly Item[] | undefined, folders: readonly ItemFolder[] | undefined) {
  const { t, i18n } = useTranslation('shell');
  const [search] = useSearchParams();
  const [open, setOpen] = useStoredList(`handloom.folders.${workspace}`);
  const text = search.toString();
  const rows = useMemo(() => {
    const query = new URLSearchParams(text);
    const filter = query.get('filter') ?? '';
    const kinds = query.getAll('type');
    const order = readOrder(query.get('sort'));
    const found = sortRows(filterRows(items ?? [], filter, kinds), order, i18n.language, (kind) => t(`kinds.${kind}`));
    return listRows({
      folders: folders ?? [],
      items: found,
      root,
      open: new Set(open),
      language: i18n.language,
      filter: { on: filter !== '' || kinds.length > 0, text: filter },
      down: order.column === 'name' && order.down,
    });
  }, [items, folders, root, open, text, i18n.language, t]);
  const onExpand = (id: string, expanded: boolean) => setOpen((old) => [...old.filter((one) => one !== id), ...(expanded ? [id] : [])].slice(-500));
  return { rows, onExpand };
}

/** Files dragged over the page; `over` while they are. */
function useDrop(enabled: boolean, onFiles: (files: File[]) => void, onRows: (dragged: Dragged) => void) {
  const [depth, setDepth] = useState(0);
  const holdsFiles = (event: DragEvent) => enabled && event.dataTransfer.types.includes('Files');
  return {
    over: depth > 0,
    handlers: {
      onDragEnter: (event: DragEvent) => {
        if (holdsFiles(event)) setDepth((old) => old + 1);
      },
      onDragLeave: () => setDepth((old) => Math.max(0, old - 1)),
      onDragOver: (event: DragEvent) => {
        if (holdsFiles(event) || (enabled && event.dataTransfer.types.includes(ROW_TYPE))) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
        const dragged = takeDragged(event);
        if (dragged) onRows(dragged);
        if (!holdsFiles(event)) return;
        event.preventDefault();
        setDepth(0);
        onFiles([...event.dataTransfer.files]);
      },
    },
  };
}

interface EmptyProps {
  filtered: boolean;
  inFolder: boolean;
  canWrite: boolean;
  onNew: (kind: Item['kind']) => void;
  onTutorial: () => void;
}

function Empty({ filtered, inFolder, canWrite, onNew, onTutorial }: EmptyProps) {
  const { t } = useTranslation('workspaces');
  const [, setSearch] = useSearchParams();
  if (filtered) {
    return (
      <EmptyState
        icon={<FilterDismissRegular />}
        title={t('noMatch')}
        actions={<Button onClick={() => setSearch(inFolder ? (old) => ({ folder: old.get('folder') ?? '' }) : {}, { replace: true })}>{t('clearFilters')}</Button>}
      />
    );
  }
  if (inFolder) return <EmptyState icon={<FolderOpenRegular />} title={t('folders.empty')} text={t(canWrite ? 'folders.emptyText' : 'folders.emptyReader')} />;
  return (
    <EmptyState
      icon={<BoxRegular />}
      title={t('empty.title')}
      text={t(canWrite ? 'empty.text' : 'empty.textReader')}
      actions={
        canWrite && (
          <>
            <Button appearance="primary" icon={<NotebookRegular />} onClick={() => onNew('notebook')}>
              {t('newItem.notebook')}
            </Button>
            <Button icon={<BeakerRegular />} onClick={() => onNew('experiment')}>
              {t('newItem.experiment')}
            </Button>
            <Button icon={<BookOpenRegular />} onClick={onTutorial}>
              {t('empty.tutorial')}
            </Button>
          </>
        )
      }
    />
  );
}

export function WorkspaceItems({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const { data, error, refetch } = useItems(workspace.id);
  const folders = useFolders(workspace.id);
  const known = useMemo(() => folders.data ?? [], [folders.data]);
  const rename = useRenameItem();
  const [search, setSearch] = useSearchParams();
  const asked = search.get('folder') ?? TOP;
  // A folder that is gone is no place: its content is at the top.
  const root = known.some((folder) => folder.id === asked) ? asked : TOP;
  const { rows, onExpand } = useRows(workspace.id, root, data, folders.data);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [creating, setCreating] = useState<Item['kind'] | null>(null);
  const [renaming, setRenaming] = useState<Item | null>(null);
  const [deleting, setDeleting] = useState<Item[]>([]);
  const [tutorial, setTutorial] = useState(false);
  const [fromGit, setFromGit] = useState(false);
  const canWrite = workspace.role !== null && workspace.role !== 'viewer';
  const tree = useFolderDialogs(workspace, known);
  const { upload, uploading } = useUpload(workspace.id, data ?? [], root);
  const drop = useDrop(canWrite, (files) => void upload(files), (dragged) => tree.onDrop(dragged, root));
  // Deselect items that are deleted, filtered out or in a closed folder, so that hidden items are not deleted.
  const items = useMemo(() => rows.flatMap((row) => row.item ?? []), [rows]);
  const seen = useMemo(() => new Set(items.map(keyOf).filter((key) => picked.has(key))), [items, picked]);
  const pickedItems = () => items.filter((item) => seen.has(keyOf(item)));
  const order = readOrder(search.get('sort'));
  const pathOf = (id: string) => {
    const next = new URLSearchParams(search);
    next.delete('filter');
    next.set('folder', id);
    return path`/workspaces/${workspace.id}` + `?${next.toString()}`;
  };

  const body = () => {
    if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
    if (folders.error && !folders.data) return <ErrorState error={folders.error} onRetry={() => void folders.refetch()} />;
    if (!data || !folders.data) return <TableSkeleton columns={5} rowHeight={44} />;
    if (!rows.length) {
      const filtered = search.has('filter') || search.has('type');
      return <Empty filtered={filtered} inFolder={root !== TOP} canWrite={canWrite} onNew={setCreating} onTutorial={() => setTutorial(true)} />;
    }
    return (
      <ItemTable
        rows={rows}
        order={order}
        onOrder={(column) =>
          setSearch(
            (old) => {
              old.set('sort', nextOrder(order, column));
              return old;
            },
            { replace: true },
          )
        }
        picked={seen}
        onPick={setPicked}
        canWrite={canWrite}
        onRename={setRenaming}
        onDelete={setDeleting}
        onMove={tree.onMoveItems}
        folders={{ ...tree.doings, any: known.length > 0, pathOf, onExpand }}
      />
    );
  };

  return (
    <div className={styles.page} {...drop.handlers}>
      <ItemTools
        canWrite={canWrite}
        picked={seen.size}
        uploading={uploading}
        onNew={setCreating}
        onNewFolder={() => tree.doings.onNew(root)}
        onUpload={(files) => void upload(files)}
        onFromGit={() => setFromGit(true)}
        onMove={() => tree.onMoveItems(pickedItems())}
        onDelete={() => setDeleting(pickedItems())}
      />
      {data && <FailureBar error={error} />}
      {body()}
      {drop.over && <div className={styles.drop}>{t('workspaces:upload.drop')}</div>}
      <NewItemDialog kind={creating} workspace={workspace.id} items={data ?? []} folder={root} onClose={() => setCreating(null)} />
      <NameDialog
        open={renaming !== null}
        title={t('workspaces:renameTitle', { name: renaming?.name ?? '' })}
        submitLabel={t('shell:rename')}
        initialName={renaming?.name}
        initialDescription={renaming?.description}
        file={renaming?.kind === 'notebook'}
        onSubmit={async (named) => {
          if (renaming) await rename.mutateAsync({ item: renaming, ...named });
        }}
        onClose={() => setRenaming(null)}
      />
      {tree.dialogs}
      {deleting.length > 0 && (
        <DeleteItems items={deleting} onDone={() => setPicked(new Set())} onClose={() => setDeleting([])} />
      )}
      {fromGit && (
        <FromGitDialog workspace={workspace.id} onArchive={(archive) => void upload([archive])} onClose={() => setFromGit(false)} />
      )}
      <TutorialDialog open={tutorial} workspace={workspace.id} onClose={() => setTutorial(false)} />
    </div>
  );
}
