/** File browser: a tree at the left, a preview of the selected file at the right. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './FileBrowser.module.css';
import { FilePreview } from './FilePreview';
import { FileTree } from './FileTree';
import type { FileNode, Source } from './source';

export function FileBrowser({ source, label }: { source: Source; label: string }) {
  const { t } = useTranslation('runs');
  const [picked, setPicked] = useState<FileNode | null>(null);
  return (
    <div className={styles.browser}>
      <div className={styles.tree}>
        <FileTree source={source} label={label} selected={picked?.path ?? ''} onSelect={setPicked} />
      </div>
      <div className={styles.preview}>
        {picked && !picked.is_dir ? (
          <FilePreview key={picked.path} source={source} node={picked} />
        ) : (
          <p className={styles.note}>{t('files.pick')}</p>
        )}
      </div>
    </div>
  );
}
