/** Toolbar above the run list: filter, columns, actions on selected runs, and the count. */
import { Button, Checkbox, Toolbar, Tooltip } from '@fluentui/react-components';
import { DeleteRegular, DismissRegular, TableMoveLeftRegular, TableSettingsRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useConnection } from '../../api/events';
import type { ExperimentColumns, RunRow } from '../../api/schema';
import { useRunDeletion } from '../runs/useRunDeletion';
import type { ChangeState, ExperimentState } from './address';
import { FilterBox } from './FilterBox';
import { FilterBuilder } from './FilterBuilder';
import styles from './RunListBar.module.css';

interface Props {
  workspace: string;
  state: ExperimentState;
  change: ChangeState;
  keys: ExperimentColumns;
  runs: RunRow[];
  shown: number;
  total: number;
  problem: string | undefined;
  onColumns: () => void;
}

export function RunListBar({ workspace, state, change, keys, runs, shown, total, problem, onColumns }: Props) {
  const { t } = useTranslation('experiments');
  const connection = useConnection();
  const filter = (text: string) => change({ filter: text });
  const { remove, dialog } = useRunDeletion(workspace, () => change({ picked: [] }, { replace: true }));
  const picked = state.picked.map((id) => runs.find((run) => run.run_id === id) ?? { run_id: id, name: id.slice(0, 8), children: 0 });
  const live = connection === 'open';
  return (
    <div className={styles.bar}>
      <FilterBox filter={state.filter} keys={keys} problem={problem} onFilter={filter} />
      <FilterBuilder filter={state.filter} keys={keys} onFilter={filter} />
      <Button icon={<TableSettingsRegular />} onClick={onColumns}>
        {t('columns.label')}
      </Button>
      {keys.nested && !state.filter && (
        <Checkbox label={t('list.nested')} checked={!state.flat} onChange={(_, data) => change({ flat: data.checked !== true }, { replace: true })} />
      )}
      {picked.length > 1 && (
        <Button appearance="primary" icon={<TableMoveLeftRegular />} onClick={() => change({ view: 'compare' })}>
          {t('list.compare', { count: picked.length })}
        </Button>
      )}
      {picked.length > 0 && (
        <Toolbar size="small" aria-label={t('list.pickedActions')}>
          <Button appearance="subtle" icon={<DeleteRegular />} onClick={() => remove(picked)}>
            {t('list.deletePicked', { count: picked.length })}
          </Button>
          <Tooltip content={t('list.clearPicked')} relationship="label">
            <Button appearance="subtle" icon={<DismissRegular />} onClick={() => change({ picked: [] }, { replace: true })} />
          </Tooltip>
        </Toolbar>
      )}
      <span className={styles.count} role="status">
        <span className={`${styles.live} ${live ? '' : styles.lost}`} aria-hidden />
        {t(live ? 'list.countLive' : 'list.count', { shown, count: total })}
      </span>
      {dialog}
    </div>
  );
}
