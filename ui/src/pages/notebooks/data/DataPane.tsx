/** Tables and files of the workspace beside the cells: dragged into a cell, or inserted as the code that reads them. */
import { Button, Tooltip } from '@fluentui/react-components';
import { CodeRegular, DeleteRegular, EyeRegular, OpenRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../../api/client';
import { served } from '../../../lib/pathPrefix';
import type { FileNode } from '../../../parts/files/source';
import { FileManager } from '../../files/FileManager';
import { FILES, isFile } from '../../files/source';
import { DeleteTable } from '../../tables/DeleteTable';
import { useEditorActions } from '../EditorActions';
import { insertCode } from '../lab/commands';
import { CODE_TYPE } from '../lab/drop';
import type { NotebookHost } from '../lab/notebookHost';
import { DataDialog } from './DataDialog';
import { codeOf, lakeSource, TABLES, tableOf } from './source';
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
  const source = useMemo(() => lakeSource(workspace), [workspace]);
  const [picked, setPicked] = useState<FileNode | null>(null);
  const [viewed, setViewed] = useState<FileNode | null>(null);
  const [deleted, setDeleted] = useState<FileNode | null>(null);
  const table = deleted && tableOf(deleted);
  const code = picked ? codeOf(picked) : null;
  const viewable = picked !== null && (tableOf(picked) !== null || (isFile(picked) && !picked.is_dir));
  return (
    <>
      <FileManager
        workspace={workspace}
        source={source}
        label={t('notebooks:view.data')}
        initiallyOpen={OPEN}
        canWrite={canWrite}
        picked={picked}
        onPick={setPicked}
        dragData={dragged}
        onKey={(key, node) => {
          if (!canWrite || key !== 'Delete' || !tableOf(node)) return false;
          setDeleted(node);
          return true;
        }}
        tools={
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
        }
        actions={
          code === null ? null : {
            before: (
              <>
                {viewable && (
                  <Button size="small" appearance="subtle" icon={<EyeRegular />} onClick={() => setViewed(picked)}>
                    {t('notebooks:data.preview')}
                  </Button>
                )}
                {canWrite && (
                  <Button size="small" icon={<CodeRegular />} onClick={() => insertCode(host.panel.content, code)}>
                    {t('notebooks:data.insert')}
                  </Button>
                )}
              </>
            ),
            after: canWrite && picked && tableOf(picked) && (
              <Tooltip content={t('shell:delete')} relationship="label">
                <Button size="small" appearance="subtle" icon={<DeleteRegular />} onClick={() => setDeleted(picked)} />
              </Tooltip>
            ),
          }
        }
      />
      {table && (
        <DeleteTable
          place={{ workspace, schema: table.schema, table: table.name }}
          isView={deleted.kind === 'view'}
          onDeleted={() => setPicked(null)}
          onClose={() => setDeleted(null)}
        />
      )}
      {viewed && <DataDialog workspace={workspace} node={viewed} source={source} onClose={() => setViewed(null)} />}
    </>
  );
}
