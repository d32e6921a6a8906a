/** A tree of files whose folders load as they open; model folders are marked. */
import { Badge, Spinner, Tree, TreeItem, TreeItemLayout } from '@fluentui/react-components';
import { BrainCircuitRegular, DocumentRegular, FolderRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { formatBytes } from '../../lib/format';
import styles from './FileTree.module.css';
import type { FileNode, Source } from './source';

interface Props {
  source: Source;
  label: string;
  selected: string;
  onSelect: (node: FileNode) => void;
  /** Folders alone: to choose one. */
  foldersOnly?: boolean;
  /** Folders that start open. */
  initiallyOpen?: string[];
}

/** Entries of one folder. Files of finished runs stay; those of a running one are looked at again when it opens. */
export function useFolder(source: Source, folder: string) {
  return useQuery({
    queryKey: ['files', source.id, folder],
    queryFn: () => source.list(folder),
    staleTime: 5_000,
  });
}

export function FileTree({ source, label, initiallyOpen = [], ...props }: Props) {
  const [open, setOpen] = useState(() => new Set(initiallyOpen));
  return (
    <Tree
      aria-label={label}
      size="small"
      openItems={open}
      onOpenChange={(_, data) => setOpen(new Set(Array.from(data.openItems, String)))}
      className={styles.tree}
    >
      <Folder source={source} folder="" open={open} {...props} />
    </Tree>
  );
}

type FolderProps = Omit<Props, 'label' | 'initiallyOpen'> & { folder: string; open: Set<string> };

function Folder({ source, folder, open, ...props }: FolderProps) {
  const { t } = useTranslation('runs');
  const { data, error, isPending } = useFolder(source, folder);
  if (isPending) return <Spinner size="extra-tiny" label={t('files.loading')} className={styles.note} />;
  if (error) return <p className={styles.error}>{errorDetail(error)}</p>;
  const shown = props.foldersOnly ? data.filter((node) => node.is_dir) : data;
  const nothing = !folder ? 'none' : data.length ? 'noFolders' : 'emptyFolder';
  if (!shown.length) return <p className={styles.note}>{t(`files.${nothing}`)}</p>;
  return shown.map((node) => <Entry key={node.path} node={node} source={source} open={open} {...props} />);
}

type EntryProps = Omit<FolderProps, 'folder'> & { node: FileNode };

function Entry({ node, source, open, ...props }: EntryProps) {
  const { t, i18n } = useTranslation('runs');
  const { selected, onSelect } = props;
  const icon = node.model ? <BrainCircuitRegular /> : node.is_dir ? <FolderRegular /> : <DocumentRegular />;
  return (
    <TreeItem
      value={node.path}
      itemType={node.is_dir ? 'branch' : 'leaf'}
      aria-selected={selected === node.path}
      onClick={() => onSelect(node)}
      onKeyDown={(event) => {
        if (event.key === 'Enter' || event.key === ' ') onSelect(node);
      }}
    >
      <TreeItemLayout
        iconBefore={icon}
        className={selected === node.path ? styles.selected : undefined}
        aside={
          node.model ? (
            <Badge appearance="tint" color="brand" size="small">
              {t('files.model')}
            </Badge>
          ) : node.size === null || node.is_dir ? undefined : (
            <span className={styles.size}>{formatBytes(node.size, i18n.language)}</span>
          )
        }
      >
        <span className="hl-line" title={node.path}>
          {node.name}
        </span>
      </TreeItemLayout>
      {node.is_dir && (
        <Tree>{open.has(node.path) && <Folder source={source} folder={node.path} open={open} {...props} />}</Tree>
      )}
    </TreeItem>
  );
}
