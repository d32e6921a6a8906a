/** Tables and files of the workspace beside the cells: dragged into a cell, or inserted as the code that reads them. */
import { Button, Spinner, Tooltip } from '@fluentui/react-components';
import { ArrowSyncRegular, ArrowUploadRegular, CodeRegular, EyeRegular, OpenRegular } from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../../api/client';
import { ConfirmDialog } from '../../../parts/ConfirmDialog';
import { FileTree } from '../../../parts/files/FileTree';
import type { FileNode } from '../../../parts/files/source';
import { useEditorActions } from '../EditorActions';
import { insertCode } from '../lab/commands';
import { CODE_TYPE } from '../lab/drop';
import type { NotebookHost } from '../lab/notebookHost';
import { DataDialog } from './DataDialog';
import { codeOf, FILES, lakeSource, TABLES, tableOf, uploadFolder } from './source';
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
  const input = useRef<HTMLInputElement>(null);
  const refresh = () => void client.invalidateQueries({ queryKey: ['files', source.id] });
  const upload = useFileUpload(workspace, refresh);
  const folder = uploadFolder(picked);
  return (
    <div className={styles.data}>
      <div className={styles.bar}>
        {canWrite && (
          <>
            <Button
              size="small"
              icon={upload.progress === null ? <ArrowUploadRegular /> : <Spinner size="extra-tiny" />}
              disabled={upload.progress !== null}
              title={t('notebooks:data.uploadTo', { folder })}
              onClick={() => input.current?.click()}
            >
              {upload.progress === null
                ? t('notebooks:data.upload')
                : t('notebooks:data.uploading', { percent: Math.floor(upload.progress * 100) })}
            </Button>
            <input
              ref={input}
              type="file"
              multiple
              hidden
              aria-label={t('notebooks:data.uploadTo', { folder })}
              onChange={(event) => {
                upload.start(folder, [...(event.target.files ?? [])]);
                event.target.value = '';
              }}
            />
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
            href={path`/workspaces/${workspace}/tables`}
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
        />
      </div>
      {picked && <Picked node={picked} host={host} canWrite={canWrite} onView={() => setViewed(picked)} />}
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

interface PickedProps {
  node: FileNode;
  host: NotebookHost;
  canWrite: boolean;
  onView: () => void;
}

/** What can be done with the selected node. */
function Picked({ node, host, canWrite, onView }: PickedProps) {
  const { t } = useTranslation('notebooks');
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
          {t('data.preview')}
        </Button>
      )}
      {canWrite && (
        <Button size="small" icon={<CodeRegular />} onClick={() => insertCode(host.panel.content, code)}>
          {t('data.insert')}
        </Button>
      )}
    </div>
  );
}
