/** Settings of a chart of a displayed frame. Each change is drawn and kept at once. */
import { Dropdown, Field, Input, Option, SpinButton } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChoiceBox, ManyBox } from '../../../../parts/form/ChoiceBox';
import type { Frame } from '../frame';
import { CHART_ICONS } from './chartIcons';
import styles from './ChartSettings.module.css';
import { aggregations, chartTypes, needs, type ColumnRef, type FrameChart } from './frameChart';
import { useChartTitle } from './useChartTitle';

interface Props {
  chart: FrameChart;
  frame: Frame;
  onChange: (chart: FrameChart) => void;
}

export function ChartSettings({ chart, frame, onChange }: Props) {
  const { t } = useTranslation('notebooks');
  const uses = needs(chart.type);
  const set = (change: Partial<FrameChart>) => onChange({ ...chart, ...change });
  const heat = chart.type === 'heat';
  const ref = (id: string): ColumnRef | null => (id === '' ? null : { at: Number(id), name: frame.columns[Number(id)]?.name ?? '' });
  const choices = frame.columns.map(({ name }, at) => ({ id: String(at), name }));
  const optional = [{ name: '', choices: [{ id: '', name: t('chart.none') }, ...choices] }];
  const idOf = (one: ColumnRef | null) => (one ? String(frame.columns[one.at]?.name === one.name ? one.at : frame.columns.findIndex(({ name }) => name === one.name)) : '');
  return (
    <aside className={styles.settings} aria-label={t('chart.settings')}>
      <Field label={t('chart.typeLabel')}>
        <Dropdown
          className={styles.narrow}
          value={t(`chart.type.${chart.type}`)}
          selectedOptions={[chart.type]}
          onOptionSelect={(_, { optionValue }) => {
            const type = chartTypes.find((one) => one === optionValue);
            if (type) set({ type });
          }}
        >
          {chartTypes.map((one) => (
            <Option key={one} value={one} text={t(`chart.type.${one}`)}>
              {CHART_ICONS[one]}
              {t(`chart.type.${one}`)}
            </Option>
          ))}
        </Dropdown>
      </Field>
      <TitleField key={chart.id} chart={chart} onTitle={(title) => set({ title })} />
      <Field label={t('chart.x')}>
        <ChoiceBox value={idOf(chart.x)} groups={uses.x === 'optional' ? optional : [{ name: '', choices }]} onChoose={(id) => set({ x: ref(id) })} />
      </Field>
      {heat && (
        <Field label={t('chart.y')}>
          <ChoiceBox value={idOf(chart.split)} groups={[{ name: '', choices }]} onChoose={(id) => set({ split: ref(id) })} />
        </Field>
      )}
      {uses.aggregation && (
        <Field label={t('chart.aggregationLabel')}>
          <Dropdown
            className={styles.narrow}
            value={t(`chart.aggregation.${chart.aggregation}`)}
            selectedOptions={[chart.aggregation]}
            onOptionSelect={(_, { optionValue }) => {
              const aggregation = aggregations.find((one) => one === optionValue);
              if (aggregation) set({ aggregation });
            }}
          >
            {aggregations.map((one) => (
              <Option key={one} value={one}>
                {t(`chart.aggregation.${one}`)}
              </Option>
            ))}
          </Dropdown>
        </Field>
      )}
      {uses.y !== 'none' && (
        <Field label={t(heat || chart.type === 'pie' ? 'chart.value' : 'chart.y')}>
          {heat || chart.type === 'pie' ? (
            <ChoiceBox value={idOf(chart.y[0] ?? null)} groups={optional} onChoose={(id) => set({ y: [ref(id)].filter((one) => one !== null) })} />
          ) : (
            <ManyBox
              values={chart.y.map(idOf)}
              groups={[{ name: '', choices }]}
              onChoose={(ids) => set({ y: ids.map(ref).filter((one) => one !== null) })}
            />
          )}
        </Field>
      )}
      {uses.split && !heat && (
        <Field label={t('chart.series')}>
          <ChoiceBox value={idOf(chart.split)} groups={optional} onChoose={(id) => set({ split: ref(id) })} />
        </Field>
      )}
      {chart.type === 'histogram' && (
        <Field label={t('chart.bins')}>
          <SpinButton
            min={1}
            max={200}
            value={chart.bins}
            onChange={(_, { value, displayValue }) => {
              const bins = Math.round(value ?? Number(displayValue));
              if (bins >= 1 && bins <= 200) set({ bins });
            }}
          />
        </Field>
      )}
    </aside>
  );
}

/** The title is kept when the person leaves the field. */
function TitleField({ chart, onTitle }: { chart: FrameChart; onTitle: (title: string) => void }) {
  const { t } = useTranslation('notebooks');
  const title = useChartTitle();
  const [text, setText] = useState(chart.title);
  const keep = () => text.trim() !== chart.title && onTitle(text.trim());
  return (
    <Field label={t('chart.titleLabel')}>
      <Input
        className={styles.narrow}
        value={text}
        maxLength={200}
        placeholder={title({ ...chart, title: '' })}
        onChange={(_, { value }) => setText(value)}
        onBlur={keep}
        onKeyDown={({ key }) => key === 'Enter' && keep()}
      />
    </Field>
  );
}
