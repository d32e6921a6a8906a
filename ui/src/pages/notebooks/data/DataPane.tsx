/** Tables and files of the workspace beside the cells: dragged into a cell, or inserted as the code that reads them. */
import { Button, Spinner, Tooltip } from '@fluentui/react-components';
import {
  ArrowSyncRegular,
  ArrowUploadRegular,
  CodeRegular,
  DeleteRegular,
  EyeRegular,
  FolderAddRegular,
  FolderArrowRightRegular,
  FolderArrowUpRegular,
  OpenRegular,
  RenameRegular,
} from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState, type ChangeEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../../api/client';
import { served } from '../../../lib/pathPrefix';
import { ConfirmDialog } from '../../../parts/ConfirmDialog';
import { FileTree } from '../../../parts/files/FileTree';
import type { FileNode } from '../../../parts/files/source';
import { useEditorActions } from '../EditorActions';
import { insertCode } from '../lab/commands';
import { CODE_TYPE } from '../lab/drop';
import type { NotebookHost } from '../lab/notebookHost';
import { DeleteTable } from '../../tables/DeleteTable';
import { DataDialog } from './DataDialog';
import { FileDialogs, type FileAction } from './FileDialogs';
import { codeOf, FILES, isFile, lakeSource, TABLES, tableOf, uploadFolder } from './source';
import { useFileUpload } from './useFileUpload';
import styles from './DataPane.module.css';

const OPEN = [TABLES, `${TABLES}/dbo`, FILES];

/** A column goes where it is dropped in a line; what reads a table or file takes lines of its own. */
function dragged(node: FileNode): Record<string, string> | null {
  const code = codeOf(node);
  if (code === null) return null;
  return node.kind === 'column' ? { 'text/plain': code } : { 'text/plain': code, [CODE_TYPE]: code };
}

export function DataPane({ workspace, host }: { workspace: string; host: NotebookHost }) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const { canWrite } = useEditorActions();
  const client = useQueryClient();
  const source = useMemo(() => lakeSource(workspace), [workspace]);
  const [picked, setPicked] = useState<FileNode | null>(null);
  const [viewed, setViewed] = useState<FileNode | null>(null);
  const [action, setAction] = useState<FileAction | null>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: ['files', source.id] });
  const done = (at: string | null) => {
    if (action !== 'newFolder' && picked) setPicked(at === null ? null : { ...picked, path: at, name: at.split('/').at(-1) ?? '' });
    refresh();
  };
  const table = picked && tableOf(picked);
  const upload = useFileUpload(workspace, refresh);
  const folder = uploadFolder(picked);
  return (
    <div className={styles.data}>
      <div className={styles.bar}>
        {canWrite && (
          <>
            <UploadButtons folder={folder} progress={upload.progress} onFiles={(files) => upload.start(folder, files)} />
            <Tooltip content={t('notebooks:data.newFolderIn', { folder })} relationship="label">
              <Button size="small" appearance="subtle" icon={<FolderAddRegular />} onClick={() => setAction('newFolder')} />
            </Tooltip>
          </>
        )}
        <span className={styles.gap} />
        <Tooltip content={t('notebooks:data.refresh')} relationship="label">
          <Button size="small" appearance="subtle" icon={<ArrowSyncRegular />} onClick={refresh} />
        </Tooltip>
        <Tooltip content={t('notebooks:data.tablesPage')} relationship="label">
          <Button
            as="a"
            size="small"
            appearance="subtle"
            className={styles.link}
            icon={<OpenRegular />}
            href={served(path`/workspaces/${workspace}/tables`)}
            target="_blank"
            rel="noreferrer"
          />
        </Tooltip>
      </div>
      <div className={styles.tree}>
        <FileTree
          source={source}
          label={t('notebooks:view.data')}
          initiallyOpen={OPEN}
          selected={picked?.path ?? ''}
          onSelect={setPicked}
          dragData={canWrite ? dragged : undefined}
          onKey={(key, node) => {
            const asked = key === 'F2' ? 'rename' : key === 'Delete' ? 'delete' : null;
            if (!canWrite || !asked || !(isFile(node) || (asked === 'delete' && tableOf(node)))) return false;
            setPicked(node);
            setAction(asked);
            return true;
          }}
        />
      </div>
      {picked && <Picked node={picked} host={host} canWrite={canWrite} onView={() => setViewed(picked)} onAction={setAction} />}
      {action && (action === 'newFolder' || !table) && (
        <FileDialogs workspace={workspace} action={action} node={picked} folder={folder} onDone={done} onClose={() => setAction(null)} />
      )}
      {action === 'delete' && table && (
        <DeleteTable
          place={{ workspace, schema: table.schema, table: table.name }}
          isView={picked.kind === 'view'}
          onDeleted={() => done(null)}
          onClose={() => setAction(null)}
        />
      )}
      {viewed && <DataDialog workspace={workspace} node={viewed} source={source} onClose={() => setViewed(null)} />}
      <ConfirmDialog
        open={upload.existing.length > 0}
        title={t('notebooks:data.replaceTitle', { count: upload.existing.length })}
        confirmLabel={t('notebooks:data.replace')}
        onConfirm={upload.replace}
        onClose={upload.cancel}
      >
        {upload.existing.slice(0, 10).join(', ')}
      </ConfirmDialog>
    </div>
  );
}

interface UploadProps {
  folder: string;
  /** The part that is written, from 0 to 1; null where nothing is uploaded. */
  progress: number | null;
  onFiles: (files: File[]) => void;
}

function UploadButtons({ folder, progress, onFiles }: UploadProps) {
  const { t } = useTranslation('notebooks');
  const files = useRef<HTMLInputElement>(null);
  const folders = useRef<HTMLInputElement>(null);
  const take = (event: ChangeEvent<HTMLInputElement>) => {
    onFiles([...(event.target.files ?? [])]);
    event.target.value = '';
  };
  return (
    <>
      <Button
        size="small"
        icon={progress === null ? <ArrowUploadRegular /> : <Spinner size="extra-tiny" />}
        disabled={progress !== null}
        title={t('data.uploadTo', { folder })}
        onClick={() => files.current?.click()}
      >
        {progress === null ? t('data.upload') : t('data.uploading', { percent: Math.floor(progress * 100) })}
      </Button>
      <Tooltip content={t('data.uploadFolderTo', { folder })} relationship="label">
        <Button
          size="small"
          appearance="subtle"
          icon={<FolderArrowUpRegular />}
          disabled={progress !== null}
          onClick={() => folders.current?.click()}
        />
      </Tooltip>
      <input ref={files} type="file" multiple hidden aria-label={t('data.uploadTo', { folder })} onChange={take} />
      <input
        ref={folders}
        type="file"
        multiple
        hidden
        {...{ webkitdirectory: '' }}
        aria-label={t('data.uploadFolderTo', { folder })}
        onChange={take}
      />
    </>
  );
}

interface PickedProps {
  node: FileNode;
  host: NotebookHost;
  canWrite: boolean;
  onView: () => void;
  onAction: (action: FileAction) => void;
}

/** What can be done with the selected node. */
function Picked({ node, host, canWrite, onView, onAction }: PickedProps) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const code = codeOf(node);
  const viewable = tableOf(node) !== null || (node.path.startsWith(`${FILES}/`) && !node.is_dir);
  if (code === null) return null;
  return (
    <div className={styles.picked} role="toolbar" aria-label={node.name}>
      <span className={`${styles.name} hl-line`} title={node.path}>
        {node.name}
      </span>
      {viewable && (
        <Button size="small" appearance="subtle" icon={<EyeRegular />} onClick={onView}>
          {t('notebooks:data.preview')}
        </Button>
      )}
      {canWrite && (
        <Button size="small" icon={<CodeRegular />} onClick={() => insertCode(host.panel.content, code)}>
          {t('notebooks:data.insert')}
        </Button>
      )}
      {canWrite && isFile(node) && (
        <>
          <Tooltip content={t('shell:rename')} relationship="label">
            <Button size="small" appearance="subtle" icon={<RenameRegular />} onClick={() => onAction('rename')} />
          </Tooltip>
          <Tooltip content={t('notebooks:data.move')} relationship="label">
            <Button size="small" appearance="subtle" icon={<FolderArrowRightRegular />} onClick={() => onAction('move')} />
          </Tooltip>
        </>
      )}
      {canWrite && (isFile(node) || tableOf(node)) && (
        <Tooltip content={t('shell:delete')} relationship="label">
          <Button size="small" appearance="subtle" icon={<DeleteRegular />} onClick={() => onAction('delete')} />
        </Tooltip>
      )}
    </div>
  );
}
