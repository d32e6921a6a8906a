/** The pane at the left of the cells: contents or variables. */
import { Button, Tab, TabList } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Side } from '../EditorActions';
import type { NotebookHost } from '../lab/notebookHost';
import { Contents } from './Contents';
import { Variables } from './Variables';
import styles from './SidePane.module.css';

interface Props {
  side: Side;
  host: NotebookHost;
  onSide: (side: Side | null) => void;
}

export function SidePane({ side, host, onSide }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  return (
    <aside className={styles.pane} data-side={side} aria-label={t(`view.${side}`)}>
      <div className={styles.head}>
        <TabList
          size="small"
          selectedValue={side}
          onTabSelect={(_, { value }) => onSide(value === 'variables' ? 'variables' : 'contents')}
        >
          <Tab value="contents">{t('view.contents')}</Tab>
          <Tab value="variables">{t('view.variables')}</Tab>
        </TabList>
        <Button
          size="small"
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={t('shell:close')}
          onClick={() => onSide(null)}
        />
      </div>
      {side === 'contents' ? <Contents host={host} /> : <Variables host={host} />}
    </aside>
  );
}
