/** Files of a workspace as a tree: uploaded, dropped, renamed, moved, downloaded and deleted. */
import { Button, Tooltip } from '@fluentui/react-components';
import { ArrowDownloadRegular, ArrowSyncRegular, DeleteRegular, FolderAddRegular, FolderArrowRightRegular, RenameRegular } from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FileTree } from '../../parts/files/FileTree';
import type { FileNode, Source } from '../../parts/files/source';
import { FileDialogs, type FileAction } from './FileDialogs';
import styles from './FileManager.module.css';
import { isFile, nodeAt, uploadFolder } from './source';
import { UploadButtons } from './UploadButtons';
import { placed } from './uploads';
import { FILE_TYPE, useFileDrops } from './useFileDrops';
import { useFileUpload } from './useFileUpload';

interface Props {
  workspace: string;
  source: Source;
  label: string;
  root?: FileNode;
  initiallyOpen: string[];
  canWrite: boolean;
  picked: FileNode | null;
  onPick: (node: FileNode | null) => void;
  /** What a dragged node gives beside its path; null: it cannot be dragged. */
  dragData?: (node: FileNode) => Record<string, string> | null;
  /** Further keys of the focused node; true where one was used. */
  onKey?: (key: string, node: FileNode) => boolean;
  /** Further buttons of the bar above the tree. */
  tools?: ReactNode;
  /** Further buttons for the picked node, before and after those of files; null: there are none. */
  actions?: { before: ReactNode; after: ReactNode } | null;
}

export function FileManager({ workspace, source, label, root, initiallyOpen, canWrite, picked, onPick, dragData, onKey, tools, actions }: Props) {
  const { t } = useTranslation(['files', 'shell']);
  const client = useQueryClient();
  const [action, setAction] = useState<FileAction | null>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: ['files', source.id] });
  const rename = (path: string | null) => onPick(path === null || !picked ? null : { ...picked, ...nodeAt(path) });
  const upload = useFileUpload(workspace, refresh);
  const drops = useFileDrops(workspace, upload.start, (from, to) => {
    if (picked?.path === from) rename(to);
    refresh();
  });
  const folder = uploadFolder(picked);
  return (
    <div className={styles.manager}>
      <div className={styles.bar}>
        {canWrite && (
          <>
            <UploadButtons folder={folder} progress={upload.progress} onFiles={(files) => upload.start(folder, placed(files))} onStop={upload.stop} />
            <Tooltip content={t('files:newFolderIn', { folder })} relationship="label">
              <Button size="small" appearance="subtle" icon={<FolderAddRegular />} onClick={() => setAction('newFolder')} />
            </Tooltip>
          </>
        )}
        <span className={styles.gap} />
        <Tooltip content={t('files:refresh')} relationship="label">
          <Button size="small" appearance="subtle" icon={<ArrowSyncRegular />} onClick={refresh} />
        </Tooltip>
        {tools}
      </div>
      <div className={styles.tree}>
        <FileTree
          source={source}
          label={label}
          root={root}
          initiallyOpen={initiallyOpen}
          selected={picked?.path ?? ''}
          onSelect={onPick}
          dragData={(node) => {
            const own = isFile(node) ? { [FILE_TYPE]: node.path } : null;
            const given = dragData?.(node) ?? null;
            return canWrite && (own || given) ? { ...given, ...own } : null;
          }}
          drops={canWrite ? drops : undefined}
          onKey={(key, node) => {
            const asked = key === 'F2' ? 'rename' : key === 'Delete' ? 'delete' : null;
            if (!canWrite || !asked || !isFile(node)) return onKey?.(key, node) ?? false;
            onPick(node);
            setAction(asked);
            return true;
          }}
        />
      </div>
      {picked && (isFile(picked) || actions) && (
        <div className={styles.picked} role="toolbar" aria-label={picked.name}>
          <span className={`${styles.name} hl-line`} title={picked.path}>
            {picked.name}
          </span>
          {actions?.before}
          {isFile(picked) && <FileActions node={picked} source={source} canWrite={canWrite} onAction={setAction} />}
          {actions?.after}
        </div>
      )}
      {action && (
        <FileDialogs
          workspace={workspace}
          action={action}
          node={picked}
          folder={folder}
          onDone={(path) => {
            if (action !== 'newFolder') rename(path);
            refresh();
          }}
          onClose={() => setAction(null)}
        />
      )}
      <ConfirmDialog
        open={upload.existing.length > 0}
        title={t('files:replaceTitle', { count: upload.existing.length })}
        confirmLabel={t('files:replace')}
        onConfirm={upload.replace}
        onClose={upload.cancel}
      >
        {upload.existing.slice(0, 10).join(', ')}
      </ConfirmDialog>
    </div>
  );
}

interface FileActionsProps {
  node: FileNode;
  source: Source;
  canWrite: boolean;
  onAction: (action: FileAction) => void;
}

function FileActions({ node, source, canWrite, onAction }: FileActionsProps) {
  const { t } = useTranslation(['files', 'shell']);
  const buttons = [
    { label: t('shell:rename'), icon: <RenameRegular />, action: 'rename' },
    { label: t('files:move'), icon: <FolderArrowRightRegular />, action: 'move' },
    { label: t('shell:delete'), icon: <DeleteRegular />, action: 'delete' },
  ] as const;
  return (
    <>
      {!node.is_dir && (
        <Tooltip content={t('files:download')} relationship="label">
          <Button
            as="a"
            size="small"
            appearance="subtle"
            className={styles.link}
            icon={<ArrowDownloadRegular />}
            href={source.content(node.path, true)}
            download={node.name}
          />
        </Tooltip>
      )}
      {canWrite &&
        buttons.map(({ label, icon, action }) => (
          <Tooltip key={action} content={label} relationship="label">
            <Button size="small" appearance="subtle" icon={icon} onClick={() => onAction(action)} />
          </Tooltip>
        ))}
    </>
  );
}
