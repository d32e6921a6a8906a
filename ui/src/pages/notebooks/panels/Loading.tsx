/** The notebook's outline while it is read: everything stands where it will be. */
import { Skeleton, SkeletonItem } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { KindIcon } from '../../../parts/KindIcon';
import styles from './Loading.module.css';

export function Loading({ title }: { title?: string }) {
  const { t } = useTranslation('shell');
  return (
    <Skeleton className={styles.page} aria-label={t('loading')}>
      <div className={styles.head}>
        <div className={styles.title}>
          <KindIcon kind="notebook" />
          {title ?? <SkeletonItem size={16} style={{ width: 240 }} />}
        </div>
        <div className={styles.tools}>
          <SkeletonItem size={24} style={{ width: 220 }} />
          <SkeletonItem size={24} style={{ width: 260 }} />
        </div>
      </div>
      {[34, 96, 56].map((height) => (
        <SkeletonItem key={height} className={styles.cell} style={{ height }} />
      ))}
    </Skeleton>
  );
}
