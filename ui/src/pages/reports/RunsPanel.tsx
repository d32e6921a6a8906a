/** Side panel for a block's runs: those that a filter matches, live, or named ones; and for a table its title and columns. */
import { Button, Dropdown, Field, Input, Option, Radio, RadioGroup, SpinButton } from '@fluentui/react-components';
import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useExperimentColumns } from '../../api/experiments';
import { useItems } from '../../api/items';
import { useSteppedMetrics } from '../../api/metrics';
import { useReportRuns, type FoundRuns } from '../../api/reports';
import type { ExperimentColumns, ReportChart, ReportSearch, ReportTable } from '../../api/schema';
import { useWorkspaces } from '../../api/workspaces';
import { suggestedChart } from '../../lib/chartSpec';
import { errorDetail, isNotFound } from '../../lib/errors';
import { mainMetric } from '../../lib/metricOrder';
import { ChoiceBox, ManyBox, type ChoiceGroup } from '../../parts/form/ChoiceBox';
import { SidePanel } from '../../parts/SidePanel';
import { byExperiment, type Pick } from '../compare/address';
import { ChooseRuns, type ChangePicks } from '../compare/ChooseRuns';
import { columnOf, propertyIds } from '../experiments/columns';
import { FilterBox } from '../experiments/FilterBox';
import { useColumnLabel } from '../experiments/labels';
import { MOST_RUNS, runsWanted } from './blocks';
import { fieldWord, FIELDS, readOrder, writeOrder } from './orders';
import styles from './RunsPanel.module.css';
import { useProblem } from './RunsLine';

type RunsBlock = ReportChart | ReportTable;

interface Props {
  block: RunsBlock;
  adding: boolean;
  onSave: (block: RunsBlock) => void;
  onClose: () => void;
}

const NO_KEYS: ExperimentColumns = { metrics: [], params: [], tags: [], suggested: [], nested: false, directions: {} };
const SHOWN_NAMES = 8;
/** Columns of a new table besides those in which its runs differ. */
const FIRST_COLUMNS = ['status', 'start_time'];

export function RunsPanel({ block, adding, onSave, onClose }: Props) {
  const { t } = useTranslation(['reports', 'shell']);
  const [draft, setDraft] = useState(block);
  const [named, setNamed] = useState(block.runs.search === null);
  const [search, setSearch] = useState<ReportSearch>(block.runs.search ?? emptySearch(block));
  const [picks, setPicks] = useState<Pick[]>(() => block.runs.picks.flatMap(({ runs, ...place }) => runs.map((run) => ({ ...place, run }))));
  const typed = useRef(search.filter);
  const place = named ? (picks[0] ?? { workspace: '', experiment: '' }) : search;
  const { data: keys = NO_KEYS } = useExperimentColumns(place.workspace, place.experiment);
  const runs = named ? { search: null, picks: byExperiment(picks) } : { search, picks: [] };
  const wanted = named ? picks.length > 0 : search.experiment !== '';
  const found = useReportRuns(wanted ? runs : { search: null, picks: [] }, []);
  const { data: stepped } = useSteppedMetrics(place.workspace, found.runs.filter((run) => run.workspace === place.workspace).map((run) => run.run_id));
  const finish = () => {
    const chosen = { ...draft, runs: named ? runs : { search: { ...search, filter: typed.current.trim() }, picks: [] } };
    onSave(adding ? withDefaults(chosen, keys, stepped ?? new Set()) : chosen);
  };
  return (
    <SidePanel
      open
      width={520}
      title={t(adding ? `reports:new.${block.kind}` : block.kind === 'table' ? 'reports:table.edit' : 'reports:block.runs')}
      onClose={onClose}
      footer={
        <>
          <Button appearance="primary" disabled={!wanted} onClick={finish}>
            {t(adding ? 'reports:add' : 'shell:save')}
          </Button>
          <Button onClick={onClose}>{t('shell:cancel')}</Button>
        </>
      }
    >
      <div className={styles.fields}>
        {draft.kind === 'table' && (
          <Field label={t('reports:table.title')}>
            <Input value={draft.title} maxLength={200} onChange={(_, { value }) => setDraft({ ...draft, title: value })} />
          </Field>
        )}
        <Field label={t('reports:runs.label')}>
          <RadioGroup value={named ? 'named' : 'search'} onChange={(_, { value }) => setNamed(value === 'named')}>
            <Radio value="search" label={t('reports:runs.live')} />
            <Radio value="named" label={t('reports:runs.fixed')} />
          </RadioGroup>
        </Field>
        {named ? <Picked picks={picks} changePicks={setPicks} proposed={search} found={found} /> : <SearchFields search={search} setSearch={setSearch} keys={keys} typed={typed} error={found.error} />}
        {wanted && <Preview found={found} wanted={runsWanted(runs)} />}
        {draft.kind === 'table' && wanted && <Columns block={draft} keys={keys} onChange={(columns) => setDraft({ ...draft, columns })} />}
      </div>
    </SidePanel>
  );
}

function emptySearch({ runs }: RunsBlock): ReportSearch {
  return { workspace: runs.picks[0]?.workspace ?? '', experiment: runs.picks[0]?.experiment ?? '', filter: '', order_by: [writeOrder('start_time', true)], limit: 10 };
}

/** A chart of the main metric, or a table of the columns in which runs differ, for a block that has none yet. */
function withDefaults(block: RunsBlock, keys: ExperimentColumns, stepped: ReadonlySet<string>): RunsBlock {
  if (block.kind === 'table') return block.columns.length ? block : { ...block, columns: [...keys.suggested, ...FIRST_COLUMNS] };
  const metric = mainMetric(keys.metrics);
  if (block.spec.y.length || !metric) return block;
  const { id: _, ...spec } = suggestedChart(metric, stepped);
  return { ...block, spec };
}

interface SearchProps {
  search: ReportSearch;
  setSearch: (search: ReportSearch) => void;
  keys: ExperimentColumns;
  typed: { current: string };
  error: unknown;
}

function SearchFields({ search, setSearch, keys, typed, error }: SearchProps) {
  const { t } = useTranslation(['reports', 'experiments']);
  const workspaces = useWorkspaces().data ?? [];
  const experiments = (useItems(search.workspace).data ?? []).filter((one) => one.kind === 'experiment');
  const order = readOrder(search.order_by[0] ?? writeOrder('start_time', true));
  const orders: ChoiceGroup[] = [
    { name: t('experiments:columns.properties'), choices: FIELDS.map((id) => ({ id, name: fieldWord(id, t) })) },
    { name: t('experiments:columns.metrics'), choices: keys.metrics.map((key) => ({ id: `metrics.${key}`, name: key })) },
    { name: t('experiments:columns.params'), choices: keys.params.map((key) => ({ id: `params.${key}`, name: key })) },
  ];
  const onTyped = useCallback((text: string) => void (typed.current = text), [typed]);
  return (
    <>
      <Field label={t('experiments:across.workspace')}>
        <ChoiceBox
          value={search.workspace}
          groups={[{ name: '', choices: workspaces.map(({ id, name }) => ({ id, name })) }]}
          onChoose={(workspace) => setSearch({ ...search, workspace, experiment: '' })}
        />
      </Field>
      <Field label={t('experiments:across.experiment')}>
        <ChoiceBox
          value={search.experiment}
          groups={[{ name: '', choices: experiments.map(({ id, name }) => ({ id, name })) }]}
          onChoose={(experiment) => setSearch({ ...search, experiment })}
        />
      </Field>
      <div className={styles.filter}>
        <FilterBox
          filter={search.filter}
          keys={keys}
          problem={error && !isNotFound(error) ? errorDetail(error) : undefined}
          onFilter={(filter) => setSearch({ ...search, filter })}
          onTyped={onTyped}
        />
      </div>
      <div className={styles.pair}>
        <Field label={t('reports:runs.order')}>
          <ChoiceBox value={order.field} groups={orders} onChoose={(field) => setSearch({ ...search, order_by: [writeOrder(field, order.down)] })} />
        </Field>
        <Field label={t('reports:runs.direction')}>
          <Dropdown
            value={t(order.down ? 'reports:runs.greatest' : 'reports:runs.least')}
            selectedOptions={[order.down ? 'down' : 'up']}
            onOptionSelect={(_, { optionValue }) => setSearch({ ...search, order_by: [writeOrder(order.field, optionValue === 'down')] })}
          >
            <Option value="down">{t('reports:runs.greatest')}</Option>
            <Option value="up">{t('reports:runs.least')}</Option>
          </Dropdown>
        </Field>
        <Field label={t('reports:runs.limit')}>
          <SpinButton
            min={1}
            max={MOST_RUNS}
            value={search.limit}
            onChange={(_, { value, displayValue }) => {
              const limit = Math.round(value ?? Number(displayValue));
              if (limit >= 1 && limit <= MOST_RUNS) setSearch({ ...search, limit });
            }}
          />
        </Field>
      </div>
    </>
  );
}

function Picked({ picks, changePicks, proposed, found }: { picks: Pick[]; changePicks: ChangePicks; proposed: ReportSearch; found: FoundRuns }) {
  const { t } = useTranslation('reports');
  return (
    <div role="group" aria-label={t('runs.choose')}>
      <ChooseRuns picks={picks} changePicks={changePicks} proposed={proposed} />
      {found.missing > 0 && (
        <p className={styles.faint} role="status">
          {t('runs.missing', { count: found.missing })}
        </p>
      )}
    </div>
  );
}

/** The names of the runs as they are now. */
function Preview({ found, wanted }: { found: FoundRuns; wanted: number }) {
  const { t } = useTranslation('reports');
  const problem = useProblem(found);
  if (problem || found.pending) return <p className={styles.faint}>{problem}</p>;
  const more = Math.min(found.runs.length, wanted) - SHOWN_NAMES;
  return (
    <div className={styles.preview} role="status">
      <span className={styles.faint}>{t('runs.some', { count: found.total, shown: found.runs.length })}</span>
      <ul>
        {found.runs.slice(0, SHOWN_NAMES).map((run) => (
          <li key={run.run_id} className="hl-line">
            {run.name}
          </li>
        ))}
        {more > 0 && <li>{t('runs.more', { count: more })}</li>}
      </ul>
    </div>
  );
}

function Columns({ block, keys, onChange }: { block: ReportTable; keys: ExperimentColumns; onChange: (columns: string[]) => void }) {
  const { t } = useTranslation(['reports', 'experiments']);
  const label = useColumnLabel();
  const name = (id: string) => {
    const column = columnOf(id);
    return column ? label(column) : id;
  };
  const listed = [...keys.metrics.map((key) => `metrics.${key}`), ...keys.params.map((key) => `params.${key}`), ...propertyIds];
  const group = (title: string, ids: string[]): ChoiceGroup => ({ name: title, choices: ids.map((id) => ({ id, name: name(id) })) });
  const groups = [
    group(t('experiments:columns.metrics'), keys.metrics.map((key) => `metrics.${key}`)),
    group(t('experiments:columns.extremes'), keys.metrics.flatMap((key) => ['min', 'max'].flatMap((end) => [`${end}(metrics.${key})`, `step(${end}(metrics.${key}))`]))),
    group(t('experiments:columns.params'), keys.params.map((key) => `params.${key}`)),
    group(t('experiments:columns.properties'), propertyIds),
    // Columns of runs of other experiments stay until they are taken out.
    group(t('reports:table.others'), block.columns.filter((id) => !listed.includes(id) && !/^(step\()?(min|max)\(/.test(id))),
  ];
  return (
    <Field label={t('experiments:columns.label')} hint={t('reports:table.columnsHint')}>
      <ManyBox values={block.columns} groups={groups} onChoose={onChange} />
    </Field>
  );
}
