/** Placeholder of a loading table with rows of the final height, to avoid layout shifts. */
import { Skeleton, SkeletonItem } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';

interface Props {
  rows?: number;
  columns?: number;
  rowHeight?: number;
}

export function TableSkeleton({ rows = 8, columns = 4, rowHeight = 40 }: Props) {
  const { t } = useTranslation('shell');
  return (
    <Skeleton aria-label={t('loading')} style={{ padding: '0 24px' }}>
      {Array.from({ length: rows }, (_, row) => (
        <div
          key={row}
          style={{
            display: 'grid',
            gridTemplateColumns: `3fr repeat(${columns - 1}, 1fr)`,
            gap: 24,
            alignItems: 'center',
            height: rowHeight,
          }}
        >
          {Array.from({ length: columns }, (__, column) => (
            <SkeletonItem key={column} size={12} style={{ width: `${90 - ((row * 7 + column * 13) % 35)}%` }} />
          ))}
        </div>
      ))}
    </Skeleton>
  );
}
