/** Dialogs that create, rename, move and delete files and folders of the workspace. */
import { Field } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRestoreItem } from '../../api/bin';
import { createFolder, deleteFile, moveFile } from '../../api/files';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FileTree } from '../../parts/files/FileTree';
import type { FileNode } from '../../parts/files/source';
import { FormDialog } from '../../parts/FormDialog';
import { NameDialog } from '../../parts/NameDialog';
import { canMoveTo, FILES, filesSource, folder, folderOf } from './source';
import styles from './FileDialogs.module.css';

export type FileAction = 'newFolder' | 'rename' | 'move' | 'delete';

interface Props {
  workspace: string;
  action: FileAction;
  /** What is renamed, moved or deleted. */
  node: FileNode | null;
  /** The folder of a new folder. */
  folder: string;
  /** Called with the path that the node has now; null after a deletion. */
  onDone: (path: string | null) => void;
  onClose: () => void;
}

export function FileDialogs({ workspace, action, node, folder, onDone, onClose }: Props) {
  const { t } = useTranslation(['files', 'shell']);
  if (action === 'newFolder') {
    return (
      <NameDialog
        open
        file
        withDescription={false}
        title={t('files:newFolderIn', { folder })}
        submitLabel={t('shell:create')}
        onSubmit={async ({ name }) => {
          await createFolder(workspace, `${folder}/${name}`);
          onDone(`${folder}/${name}`);
        }}
        onClose={onClose}
      />
    );
  }
  if (!node) return null;
  const move = async (to: string) => {
    if (to !== node.path) await moveFile(workspace, node.path, to);
    onDone(to);
  };
  if (action === 'rename') {
    return (
      <NameDialog
        open
        file
        withDescription={false}
        title={t('files:renameNamed', { name: node.name })}
        submitLabel={t('shell:rename')}
        initialName={node.name}
        onSubmit={({ name }) => move(`${folderOf(node)}/${name}`)}
        onClose={onClose}
      />
    );
  }
  if (action === 'move') return <MoveDialog workspace={workspace} node={node} onMove={move} onClose={onClose} />;
  return <DeleteDialog workspace={workspace} node={node} onDone={onDone} onClose={onClose} />;
}

interface MoveProps {
  workspace: string;
  node: FileNode;
  onMove: (to: string) => Promise<void>;
  onClose: () => void;
}

function MoveDialog({ workspace, node, onMove, onClose }: MoveProps) {
  const { t } = useTranslation('files');
  const [source] = useState(() => filesSource(workspace));
  const [target, setTarget] = useState<FileNode | null>(null);
  const refused = target !== null && !canMoveTo(node, target.path);
  return (
    <FormDialog
      title={t('moveNamed', { name: node.name })}
      submitLabel={t('move')}
      ready={target !== null && !refused}
      onSubmit={() => onMove(`${target?.path ?? FILES}/${node.name}`)}
      onClose={onClose}
    >
      <Field label={t('moveTo')} validationMessage={refused ? t('moveRefused') : undefined}>
        <div className={styles.tree}>
          <FileTree source={source} label={t('moveTo')} root={folder(FILES)} foldersOnly selected={target?.path ?? ''} onSelect={setTarget} initiallyOpen={[FILES]} />
        </div>
      </Field>
    </FormDialog>
  );
}

interface DeleteProps {
  workspace: string;
  node: FileNode;
  onDone: (path: null) => void;
  onClose: () => void;
}

function DeleteDialog({ workspace, node, onDone, onClose }: DeleteProps) {
  const { t } = useTranslation(['files', 'workspaces', 'shell']);
  const { notify } = useNotices();
  const restore = useRestoreItem();
  return (
    <ConfirmDialog
      open
      danger
      title={t(node.is_dir ? 'files:deleteFolder' : 'files:deleteFile', { name: node.name })}
      confirmLabel={t('shell:delete')}
      onConfirm={async () => {
        const id = await deleteFile(workspace, node.path);
        const undo = () =>
          restore.mutate(
            { workspace, kind: 'file', id },
            { onError: (error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }) },
          );
        notify({
          intent: 'success',
          title: t('files:deleted', { name: node.name }),
          action: { label: t('workspaces:bin.undo'), run: undo },
        });
        onDone(null);
      }}
      onClose={onClose}
    >
      {t('files:deleteText')}
    </ConfirmDialog>
  );
}
