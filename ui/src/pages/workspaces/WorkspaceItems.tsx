/** The list of a workspace's items with its actions; notebook files can be dropped on it. */
import { Button } from '@fluentui/react-components';
import { BeakerRegular, BookOpenRegular, BoxRegular, FilterDismissRegular, NotebookRegular } from '@fluentui/react-icons';
import { useMemo, useState, type DragEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { useItems, useRenameItem } from '../../api/items';
import type { Item, Workspace } from '../../api/schema';
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
import { filterRows, keyOf, nextOrder, readOrder, sortRows } from './rows';
import { useUpload } from './useUpload';
import styles from './WorkspaceItems.module.css';

/** Rows as the address asks for them. */
function useRows(items: readonly Item[] | undefined) {
  const { t, i18n } = useTranslation('shell');
  const [search] = useSearchParams();
  const text = search.toString();
  return useMemo(() => {
    const query = new URLSearchParams(text);
    const found = filterRows(items ?? [], query.get('filter') ?? '', query.getAll('type'));
    return sortRows(found, readOrder(query.get('sort')), i18n.language, (kind) => t(`kinds.${kind}`));
  }, [items, text, i18n.language, t]);
}

/** Files dragged over the page; `over` while they are. */
function useDrop(enabled: boolean, onFiles: (files: File[]) => void) {
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
        if (holdsFiles(event)) event.preventDefault();
      },
      onDrop: (event: DragEvent) => {
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
  canWrite: boolean;
  onNew: (kind: Item['kind']) => void;
  onTutorial: () => void;
}

function Empty({ filtered, canWrite, onNew, onTutorial }: EmptyProps) {
  const { t } = useTranslation('workspaces');
  const [, setSearch] = useSearchParams();
  if (filtered) {
    return (
      <EmptyState
        icon={<FilterDismissRegular />}
        title={t('noMatch')}
        actions={<Button onClick={() => setSearch({}, { replace: true })}>{t('clearFilters')}</Button>}
      />
    );
  }
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
  const rows = useRows(data);
  const rename = useRenameItem();
  const [search, setSearch] = useSearchParams();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [creating, setCreating] = useState<Item['kind'] | null>(null);
  const [renaming, setRenaming] = useState<Item | null>(null);
  const [deleting, setDeleting] = useState<Item[]>([]);
  const [tutorial, setTutorial] = useState(false);
  const [fromGit, setFromGit] = useState(false);
  const canWrite = workspace.role !== null && workspace.role !== 'viewer';
  const { upload, uploading } = useUpload(workspace.id, data ?? []);
  const drop = useDrop(canWrite, (files) => void upload(files));
  // Deselect items that are deleted or filtered out, so that hidden items are not deleted.
  const seen = useMemo(() => new Set(rows.map(keyOf).filter((key) => picked.has(key))), [rows, picked]);
  const order = readOrder(search.get('sort'));

  const body = () => {
    if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
    if (!data) return <TableSkeleton columns={5} rowHeight={44} />;
    if (!rows.length) {
      return (
        <Empty filtered={data.length > 0} canWrite={canWrite} onNew={setCreating} onTutorial={() => setTutorial(true)} />
      );
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
        onUpload={(files) => void upload(files)}
        onFromGit={() => setFromGit(true)}
        onDelete={() => setDeleting(rows.filter((row) => seen.has(keyOf(row))))}
      />
      {data && <FailureBar error={error} />}
      {body()}
      {drop.over && <div className={styles.drop}>{t('workspaces:upload.drop')}</div>}
      <NewItemDialog kind={creating} workspace={workspace.id} items={data ?? []} onClose={() => setCreating(null)} />
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
