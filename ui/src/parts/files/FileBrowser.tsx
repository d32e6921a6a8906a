/** File browser: a tree at the left, a preview of the selected file at the right. */
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { mergeFiles, seriesKey } from '../../lib/compareFiles';
import styles from './FileBrowser.module.css';
import { FilePreview } from './FilePreview';
import { FileTree } from './FileTree';
import type { FileNode, Source } from './source';
import { StepImages } from './StepImages';

export function FileBrowser({ source, label }: { source: Source; label: string }) {
  const { t } = useTranslation('runs');
  const [picked, setPicked] = useState<FileNode | null>(null);
  /** Pictures that were logged step by step are one line of the tree. */
  const shown = useCallback(
    (entries: FileNode[]) =>
      mergeFiles([entries]).map(({ steps, runs: _, ...node }): FileNode => (steps ? { ...node, kind: 'images', aside: t('files.steps', { count: steps }) } : node)),
    [t],
  );
  return (
    <div className={styles.browser}>
      <div className={styles.tree}>
        <FileTree source={source} label={label} shown={shown} selected={picked?.path ?? ''} onSelect={setPicked} />
      </div>
      <div className={styles.preview}>
        <Preview source={source} node={picked} />
      </div>
    </div>
  );
}

function Preview({ source, node }: { source: Source; node: FileNode | null }) {
  const { t } = useTranslation('runs');
  if (!node || node.is_dir) return <p className={styles.note}>{t('files.pick')}</p>;
  const key = seriesKey(node.path);
  if (key !== null) return <StepImages key={node.path} source={source} path={node.path} imageKey={key} />;
  return <FilePreview key={node.path} source={source} node={node} />;
}
