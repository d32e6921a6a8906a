/** Toolbar above the run list: filter, groups, columns, views, export, actions on selected runs, and the count. */
import { Button, Checkbox, Tag, TagGroup, ToggleButton, Toolbar, Tooltip } from '@fluentui/react-components';
import { DismissRegular, StarFilled, StarRegular, TableMoveLeftRegular, TableSettingsRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useConnection } from '../../api/events';
import { useFieldValues } from '../../api/runs';
import type { ExperimentColumns, ExperimentView, RunRow } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { filterParts, STARRED, togglePart } from '../../lib/filterText';
import type { ChangeState, ExperimentState } from './address';
import { BulkActions } from './BulkActions';
import { ExportMenu } from './ExportMenu';
import { FilterBox } from './FilterBox';
import { FilterBuilder } from './FilterBuilder';
import { GroupPicker } from './GroupPicker';
import styles from './RunListBar.module.css';
import { ViewMenu } from './ViewMenu';

interface Props {
  experiment: ExperimentView;
  state: ExperimentState;
  change: ChangeState;
  keys: ExperimentColumns;
  /** Ids of the columns on screen. */
  columns: string[];
  runs: RunRow[];
  shown: number;
  /** Whether there are just as many as `shown`, and not more. */
  isExact: boolean;
  total: number;
  problem: string | undefined;
  onColumns: () => void;
}

export function RunListBar({ experiment, state, change, keys, columns, runs, shown, isExact, total, problem, onColumns }: Props) {
  const { t } = useTranslation('experiments');
  const connection = useConnection();
  const canWrite = useCanWrite(experiment.workspace);
  const filter = (text: string) => change({ filter: text });
  const { picked } = state;
  const [valueField, setValueField] = useState<string | null>(null);
  const values = useFieldValues(experiment.workspace, experiment.id, valueField);
  const starred = filterParts(state.filter).includes(STARRED);
  const live = connection === 'open';
  return (
    <div className={styles.bar}>
      <FilterBox filter={state.filter} keys={keys} problem={problem} onFilter={filter} values={values} onValueField={setValueField} />
      <FilterBuilder filter={state.filter} keys={keys} onFilter={filter} />
      <Tooltip content={t('list.starredOnly')} relationship="label">
        <ToggleButton icon={starred ? <StarFilled /> : <StarRegular />} checked={starred} onClick={() => filter(togglePart(state.filter, STARRED))} />
      </Tooltip>
      <GroupPicker group={state.group} keys={keys} onGroup={(group) => change({ group })} />
      <Button icon={<TableSettingsRegular />} onClick={onColumns}>
        {t('columns.label')}
      </Button>
      <ViewMenu experiment={experiment} state={state} change={change} columns={columns} />
      <ExportMenu experiment={experiment} state={state} columns={columns} />
      {keys.nested && !state.group.length && (
        <Checkbox label={t('list.nested')} checked={!state.flat} onChange={(_, data) => change({ flat: data.checked !== true }, { replace: true })} />
      )}
      {picked.length > 1 && (
        <Button appearance="primary" icon={<TableMoveLeftRegular />} onClick={() => change({ view: 'compare' })}>
          {t('list.compare', { count: picked.length })}
        </Button>
      )}
      {picked.length > 0 && (
        <Toolbar size="small" aria-label={t('list.pickedActions')}>
          {canWrite && <BulkActions experiment={experiment} picked={picked} runs={runs} keys={keys} onGone={() => change({ picked: [] }, { replace: true })} />}
          <Tooltip content={t('list.clearPicked')} relationship="label">
            <Button appearance="subtle" icon={<DismissRegular />} onClick={() => change({ picked: [] }, { replace: true })} />
          </Tooltip>
        </Toolbar>
      )}
      <span className={styles.count} role="status">
        <span className={`${styles.live} ${live ? '' : styles.lost}`} aria-hidden />
        {t(isExact ? 'list.count' : 'list.countAtLeast', { shown, count: total })}
        {live && t('list.live')}
      </span>
      <Chips filter={state.filter} onFilter={filter} />
    </div>
  );
}

/** The parts of the filter, each to take away. */
function Chips({ filter, onFilter }: { filter: string; onFilter: (filter: string) => void }) {
  const { t } = useTranslation('experiments');
  const parts = filterParts(filter);
  if (!parts.length) return null;
  return (
    <TagGroup
      className={styles.chips}
      aria-label={t('filter.parts')}
      onDismiss={(_, { value }) => onFilter(parts.filter((_part, at) => String(at) !== value).join(' and '))}
    >
      {parts.map((part, at) => (
        <Tag key={`${at} ${part}`} value={String(at)} size="small" dismissible className={styles.chip} title={part} dismissIcon={{ 'aria-label': t('filter.removePart', { part }) }}>
          {part}
        </Tag>
      ))}
    </TagGroup>
  );
}
