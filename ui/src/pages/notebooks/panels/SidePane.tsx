/** The pane at the left of the cells: contents, variables, data, problems or versions. */
import { Button, Tab, TabList } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Notebook } from '../../../api/schema';
import { sides, useEditorActions, type Side } from '../EditorActions';
import type { NotebookHost } from '../lab/notebookHost';
import { DataPane } from '../data/DataPane';
import { Contents } from './Contents';
import { History } from './History';
import { Problems } from './Problems';
import { Variables } from './Variables';
import styles from './SidePane.module.css';

interface Props {
  side: Side;
  record: Notebook;
  host: NotebookHost;
  onSide: (side: Side | null) => void;
}

export function SidePane({ side, record, host, onSide }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const { canWrite } = useEditorActions();
  return (
    <aside className={styles.pane} data-side={side} aria-label={t(`view.${side}`)}>
      <div className={styles.head}>
        <TabList
          size="small"
          selectedValue={side}
          onTabSelect={(_, { value }) => onSide(sides.find((one) => one === value) ?? 'contents')}
        >
          {sides.filter((one) => canWrite || one !== 'problems').map((one) => (
            <Tab key={one} value={one}>
              {t(`view.${one}`)}
            </Tab>
          ))}
        </TabList>
        <Button
          size="small"
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={t('shell:close')}
          onClick={() => onSide(null)}
        />
      </div>
      {side === 'contents' && <Contents host={host} />}
      {side === 'variables' && <Variables host={host} />}
      {side === 'data' && <DataPane workspace={record.workspace} host={host} />}
      {side === 'problems' && <Problems host={host} />}
      {side === 'history' && <History record={record} host={host} />}
    </aside>
  );
}
