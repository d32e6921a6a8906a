/** A picture at most as wide as its pane; a very large one when it is asked for. */
import { Button } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { previewLimits } from '../../lib/filePreview';
import { formatBytes } from '../../lib/format';
import styles from './ImagePreview.module.css';

export function ImagePreview({ url, name, size }: { url: string; name: string; size: number }) {
  const { t, i18n } = useTranslation(['runs', 'experiments']);
  const [isAsked, setAsked] = useState(size <= previewLimits.image);
  const [isBroken, setBroken] = useState(false);
  if (isBroken) {
    return (
      <p role="alert" className={styles.note}>
        {t('experiments:files.noImage')}
      </p>
    );
  }
  if (isAsked) return <img className={styles.image} src={url} alt={name} decoding="async" onError={() => setBroken(true)} />;
  return (
    <p className={styles.note}>
      {t('runs:files.largeImage', { size: formatBytes(size, i18n.language) })} <Button onClick={() => setAsked(true)}>{t('runs:files.showImage')}</Button>
    </p>
  );
}
