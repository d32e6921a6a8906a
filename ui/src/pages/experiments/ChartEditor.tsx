/** Side panel to edit a chart with a live preview; Replace applies the changes. */
import { Button, Dropdown, Field, Input, Option } from '@fluentui/react-components';
import {
  DataAreaRegular,
  DataBarVerticalRegular,
  DataLineRegular,
  DataScatterRegular,
  DataTreemapRegular,
  LineHorizontal4Regular,
  MapRegular,
} from '@fluentui/react-icons';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExperimentColumns, RunRow } from '../../api/schema';
import { chartAggregations, chartOrders, chartScales, chartTypes, historyAxes, overHistory, plainAxes, type ChartSpec, type ChartType } from '../../lib/chartSpec';
import { SidePanel } from '../../parts/SidePanel';
import { ChoiceBox, ManyBox, type ChoiceGroup } from '../../parts/form/ChoiceBox';
import { SpecChart } from '../../parts/charts/SpecChart';
import { useChartWords } from '../../parts/charts/words';
import styles from './ChartEditor.module.css';
import { useSpecHistories, type RunPlaces } from './useSpecHistories';

interface Props {
  workspace: RunPlaces;
  spec: ChartSpec;
  adding: boolean;
  keys: ExperimentColumns;
  runs: RunRow[];
  onSave: (spec: ChartSpec) => void;
  onClose: () => void;
}

const ICONS: Record<ChartType, ReactNode> = {
  bar: <DataBarVerticalRegular />,
  line: <DataLineRegular />,
  area: <DataAreaRegular />,
  scatter: <DataScatterRegular />,
  box: <DataTreemapRegular />,
  parallel: <LineHorizontal4Regular />,
  contour: <MapRegular />,
};

export function ChartEditor({ workspace, spec, adding, keys, runs, onSave, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const words = useChartWords();
  const [draft, setDraft] = useState(spec);
  const { histories, loading } = useSpecHistories(workspace, draft, runs, 320);
  const set = (change: Partial<ChartSpec>) => {
    const next = { ...draft, ...change, ...(change.type && { x: startingAxis(change.type, draft) }) };
    // A chart over params begins with those that tell the runs apart.
    setDraft(change.type && !next.params.length ? { ...next, params: startingParams(change.type, keys, runs) } : next);
  };
  const ready = isReady(draft);
  return (
    <SidePanel
      open
      width={480}
      title={t(adding ? 'editor.add' : 'editor.title')}
      onClose={onClose}
      footer={
        <>
          <Button appearance="primary" disabled={!ready} onClick={() => onSave({ ...draft, title: draft.title.trim() })}>
            {t(adding ? 'editor.addChart' : 'editor.replace')}
          </Button>
          <Button onClick={onClose}>{t('shell:cancel')}</Button>
        </>
      }
    >
      <div className={styles.preview} aria-label={t('editor.preview')} role="region">
        <SpecChart spec={draft} runs={runs} histories={histories} loading={loading} large />
      </div>
      <div className={styles.form}>
        <Field label={t('editor.name')}>
          <Input value={draft.title} placeholder={words.title({ ...draft, title: '' })} maxLength={200} onChange={(_, data) => set({ title: data.value })} />
        </Field>
        <Fields draft={draft} set={set} keys={keys} />
      </div>
    </SidePanel>
  );
}

/** The X axis after a change of type: a line over names would join different runs, and bars over steps would not be seen. */
function startingAxis(type: ChartType, { x, type: before }: ChartSpec): string {
  const isCurve = (one: ChartType) => one === 'line' || one === 'area';
  if (isCurve(type) && x === 'run') return 'step';
  return isCurve(before) && !isCurve(type) && historyAxes.some((axis) => axis === x) ? 'run' : x;
}

/** The params that a chart of this type begins with; a contour is over numbers alone. */
export function startingParams(type: ChartType, keys: ExperimentColumns, runs: readonly { params: RunRow['params'] }[]): string[] {
  const differing = keys.suggested.filter((id) => id.startsWith('params.')).map((id) => id.slice('params.'.length));
  if (type === 'parallel') return differing.slice(0, 4);
  if (type !== 'contour') return [];
  const isNumber = (value: string | undefined) => value !== undefined && value.trim() !== '' && Number.isFinite(Number(value));
  const numbers = differing.filter((name) => runs.length > 0 && runs.every((run) => isNumber(run.params[name])));
  return numbers.length > 1 ? numbers.slice(0, 2) : [];
}

function isReady({ type, y, params }: ChartSpec): boolean {
  if (type === 'parallel') return y.length + params.length > 1;
  return y.length > 0 && (type !== 'contour' || params.length > 1);
}

interface FieldsProps {
  draft: ChartSpec;
  set: (change: Partial<ChartSpec>) => void;
  keys: ExperimentColumns;
}

function choices(keys: string[], prefix = '') {
  return keys.map((key) => ({ id: prefix + key, name: key }));
}

/** Two params and a metric. */
function ContourFields({ draft, set, keys }: FieldsProps) {
  const { t } = useTranslation('experiments');
  const [x = '', y = ''] = draft.params;
  const params = [{ name: t('columns.params'), choices: choices(keys.params) }];
  const both = (...chosen: string[]) => set({ params: chosen.filter(Boolean) });
  return (
    <>
      <Field label={t('editor.x')}>
        <ChoiceBox value={x} groups={params} onChoose={(name) => both(name, y)} />
      </Field>
      <Field label={t('editor.y')}>
        <ChoiceBox value={y} groups={params} onChoose={(name) => both(x, name)} />
      </Field>
      <Field label={t('editor.metric')}>
        <ChoiceBox value={draft.y[0] ?? ''} groups={[{ name: '', choices: choices(keys.metrics) }]} onChoose={(metric) => set({ y: [metric] })} />
      </Field>
      <Scale draft={draft} set={set} />
      <Aggregation draft={draft} set={set} />
    </>
  );
}

type SetProps = Omit<FieldsProps, 'keys'>;

function Scale({ draft, set }: SetProps) {
  const { t } = useTranslation('experiments');
  return <Pick label={t('editor.scale')} values={chartScales} value={draft.scale} nameOf={(one) => t(`chart.scale.${one}`)} onPick={(scale) => set({ scale })} />;
}

function Aggregation({ draft, set }: SetProps) {
  const { t } = useTranslation('experiments');
  return <Pick label={t('editor.aggregation')} values={chartAggregations} value={draft.agg} nameOf={(one) => t(`chart.agg.${one}`)} onPick={(agg) => set({ agg })} />;
}

function Fields({ draft, set, keys }: FieldsProps) {
  const { t } = useTranslation('experiments');
  const words = useChartWords();
  const parallel = draft.type === 'parallel';
  const axes: ChoiceGroup[] = [
    { name: t('editor.general'), choices: plainAxes.map((id) => ({ id, name: words.axis(id) })) },
    { name: t('columns.params'), choices: choices(keys.params, 'params.') },
    { name: t('columns.metrics'), choices: choices(keys.metrics, 'metrics.') },
  ];
  const groups: ChoiceGroup[] = [
    { name: t('editor.general'), choices: (['auto', 'run'] as const).map((id) => ({ id, name: t(`editor.by.${id}`) })) },
    { name: t('columns.params'), choices: choices(keys.params, 'params.') },
  ];
  const typePick = <Pick label={t('editor.type')} values={chartTypes} value={draft.type} nameOf={(one) => t(`chart.type.${one}`)} icons={ICONS} onPick={(type) => set({ type })} />;
  if (draft.type === 'contour') {
    return (
      <>
        {typePick}
        <ContourFields draft={draft} set={set} keys={keys} />
      </>
    );
  }
  const shared = !parallel && draft.type !== 'box' && (draft.x !== 'run' || draft.by.startsWith('params.'));
  return (
    <>
      {typePick}
      {!parallel && (
        <Field label={t('editor.x')}>
          <ChoiceBox value={draft.x} groups={axes} onChoose={(x) => set({ x })} />
        </Field>
      )}
      <Field label={t(parallel ? 'editor.metrics' : 'editor.y')}>
        <ManyBox values={draft.y} groups={[{ name: '', choices: choices(keys.metrics) }]} onChoose={(y) => set({ y })} />
      </Field>
      {parallel && (
        <Field label={t('columns.params')}>
          <ManyBox values={draft.params} groups={[{ name: '', choices: choices(keys.params) }]} onChoose={(params) => set({ params })} />
        </Field>
      )}
      {!parallel && draft.type !== 'box' && (
        <Field label={t('editor.group')}>
          <ChoiceBox value={draft.by} groups={groups} onChoose={(by) => set({ by })} />
        </Field>
      )}
      <Scale draft={draft} set={set} />
      {shared && <Aggregation draft={draft} set={set} />}
      {!parallel && !overHistory(draft) && (draft.type === 'bar' || draft.type === 'box') && (
        <Pick label={t('editor.order')} values={chartOrders} value={draft.sort} nameOf={(one) => t(`chart.sort.${one}`)} onPick={(sort) => set({ sort })} />
      )}
    </>
  );
}

interface PickProps<T extends string> {
  label: string;
  values: readonly T[];
  value: T;
  nameOf: (value: T) => string;
  icons?: Record<T, ReactNode>;
  onPick: (value: T) => void;
}

/** One of a few words. */
function Pick<T extends string>({ label, values, value, nameOf, icons, onPick }: PickProps<T>) {
  return (
    <Field label={label}>
      <Dropdown
        value={nameOf(value)}
        selectedOptions={[value]}
        onOptionSelect={(_, data) => {
          const next = values.find((one) => one === data.optionValue);
          if (next) onPick(next);
        }}
      >
        {values.map((one) => (
          <Option key={one} value={one} text={nameOf(one)}>
            {icons?.[one]}
            {nameOf(one)}
          </Option>
        ))}
      </Dropdown>
    </Field>
  );
}
