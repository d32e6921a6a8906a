/** The files of a workspace: folders at the left, the opened file and the code that reads it at the right. */
import { Spinner } from '@fluentui/react-components';
import { FolderRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams, useSearchParams } from 'react-router';
import { useCanWrite, useWorkspace } from '../../api/workspaces';
import { isNotFound } from '../../lib/errors';
import { codeOfFile, codeOfFolder } from '../../lib/lakeCode';
import { EmptyState } from '../../parts/EmptyState';
import { FilePreview } from '../../parts/files/FilePreview';
import { foldersAbove, type FileNode, type Source } from '../../parts/files/source';
import { PageHeader } from '../../parts/PageHeader';
import { CodeBlock } from '../../parts/tags/CodeBlock';
import { WorkspaceGone } from '../shell/WorkspaceGone';
import { FileManager } from './FileManager';
import styles from './FilesPage.module.css';
import { FILES, filesSource, folder, folderOf, isFile } from './source';

export default function FilesPage() {
  const { workspace = '' } = useParams();
  const { t } = useTranslation(['files', 'shell']);
  const owner = useWorkspace(workspace);
  if (isNotFound(owner.error)) return <WorkspaceGone workspace={workspace} />;
  return (
    <div className={styles.page}>
      <PageHeader icon={<FolderRegular />} title={t('files:title')} description={owner.data && t('files:of', { name: owner.data.name })} />
      {owner.data ? <Browser key={workspace} workspace={workspace} /> : <Spinner className={styles.fill} label={t('shell:loading')} />}
    </div>
  );
}

/** The address says which file is open; a folder is only picked. */
function Browser({ workspace }: { workspace: string }) {
  const { t } = useTranslation('files');
  const canWrite = useCanWrite(workspace);
  const source = useMemo(() => filesSource(workspace), [workspace]);
  const { path, file, isGone, pick: open } = useOpenedFile(source);
  const [picked, setPicked] = useState<FileNode | null>(null);
  const [first] = useState(() => [FILES, ...foldersAbove(path)]);
  const shown = file ?? picked;
  return (
    <div className={styles.browser}>
      <nav className={styles.list} aria-label={t('title')}>
        <FileManager
          workspace={workspace}
          source={source}
          label={t('title')}
          root={ROOT}
          initiallyOpen={first}
          canWrite={canWrite}
          picked={shown}
          onPick={(node) => {
            setPicked(node);
            open(node);
          }}
        />
      </nav>
      <div className={styles.file}>
        {shown && isFile(shown) ? (
          <>
            <h2 className={styles.heading}>{t('code')}</h2>
            <CodeBlock code={shown.is_dir ? codeOfFolder(shown.path) : codeOfFile(shown.path)} label={t('copyCode')} />
            {!shown.is_dir && <FilePreview key={shown.path} source={source} node={shown} />}
          </>
        ) : (
          <EmptyState
            icon={<FolderRegular />}
            title={isGone ? t('gone', { path }) : t('pick')}
            text={canWrite ? t('how') : undefined}
          />
        )}
      </div>
    </div>
  );
}

/** The file that the address names, as its folder lists it. */
function useOpenedFile(source: Source) {
  const [search, setSearch] = useSearchParams();
  const path = search.get('file') ?? '';
  const at = folderOf({ path });
  const { data } = useQuery({ queryKey: ['files', source.id, at], queryFn: () => source.list(at), staleTime: 5_000, enabled: path !== '' });
  const file = data?.find((node) => node.path === path);
  return {
    path,
    file,
    isGone: path !== '' && data !== undefined && !file,
    pick: (node: FileNode | null) =>
      setSearch(
        (old) => {
          if (node && !node.is_dir) old.set('file', node.path);
          else old.delete('file');
          return old;
        },
        { replace: true },
      ),
  };
}

const ROOT = folder(FILES);
