/** A picture as large as its card, which opens in its own size. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './WholeImage.module.css';

export function WholeImage({ src, full, alt }: { src: string; full: string; alt: string }) {
  const { t } = useTranslation('experiments');
  const [failed, setFailed] = useState('');
  if (failed === src) return <p role="alert">{t('files.noImage')}</p>;
  return (
    <a href={full} target="_blank" rel="noreferrer" title={t('files.openImage')} className={styles.link}>
      <img className={styles.image} src={src} alt={alt} onError={() => setFailed(src)} />
    </a>
  );
}
