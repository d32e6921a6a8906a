/** What of the compared runs stands side by side. */
import { Tab, TabList } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import styles from './CompareTabs.module.css';

type Side = 'table' | 'charts' | 'files' | 'code';

interface Props<S extends Side> {
  sides: readonly S[];
  selected: S;
  onSelect: (side: S) => void;
}

export function CompareTabs<S extends Side>({ sides, selected, onSelect }: Props<S>) {
  const { t } = useTranslation('experiments');
  const select = (value: unknown) => {
    const side = sides.find((one) => one === value);
    if (side) onSelect(side);
  };
  return (
    <TabList className={styles.sides} size="small" aria-label={t('across.sides')} selectedValue={selected} onTabSelect={(_, { value }) => select(value)}>
      {sides.map((side) => (
        <Tab key={side} value={side}>
          {t(`across.${side}`)}
        </Tab>
      ))}
    </TabList>
  );
}
