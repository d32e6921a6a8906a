/** One chart of a displayed frame: drawn from the session's numbers, or from those kept in the notebook. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Spinner, ToggleButton, Tooltip } from '@fluentui/react-components';
import { ArrowDownloadRegular, DeleteRegular, ImageRegular, OptionsRegular, TableRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { chartInks } from '../../../../lib/chartColors';
import { toCsv } from '../../../../lib/chartTable';
import { saveFile } from '../../../../lib/fileSave';
import { useTheme } from '../../../../lib/theme';
import { Chart, type ChartHandle } from '../../../../parts/charts/Chart';
import { askChart, type FrameQuery } from '../../lab/displayed';
import type { KernelRequests } from '../../lab/kernelRequests';
import type { Frame } from '../frame';
import { drawingOf, notesOf, wordsOf } from './chartDrawing';
import { isEmpty, readNumbers, type Numbers, type NumberWords } from './chartNumbers';
import { ChartSettings } from './ChartSettings';
import styles from './ChartView.module.css';
import { chartQuery, lostColumns, type FrameChart } from './frameChart';
import { useChartTitle } from './useChartTitle';

interface Props {
  chart: FrameChart;
  frame: Frame;
  displayed: KernelRequests | null;
  asked: FrameQuery;
  narrowed: boolean;
  /** Null: the person may not change the notebook. */
  onChange: ((chart: FrameChart | null) => void) | null;
  editing: boolean;
  onEditing: (editing: boolean) => void;
}

export function ChartView({ chart, frame, displayed, asked, narrowed, onChange, editing, onEditing }: Props) {
  const { t, i18n } = useTranslation('notebooks');
  const { theme } = useTheme();
  const title = useChartTitle()(chart);
  const drawing = useRef<ChartHandle>(null);
  const { numbers, failed, waiting, earlier } = useNumbers({ chart, frame, displayed, asked, narrowed, onChange });
  const words = useMemo(() => wordsOf(t, i18n.language), [t, i18n.language]);
  const drawn = useDrawing(chart, numbers, words);
  const savePng = () => saveFile(`${title}.png`, drawing.current?.png(chartInks[theme].surface) ?? '');
  const saveCsv = () => drawn && saveFile(`${title}.csv`, new Blob(['\ufeff', toCsv(drawn.table)], { type: 'text/csv' }));
  const ready = drawn !== null && numbers !== null && !isEmpty(numbers);

  return (
    <div className={styles.view}>
      <div className={styles.main}>
        <div className={styles.head}>
          <h4 className={styles.title} title={title}>
            {title}
          </h4>
          {waiting && <Spinner size="extra-tiny" label={t('frame.waiting')} />}
          {onChange && displayed && (
            <Tooltip content={t('chart.settings')} relationship="label">
              <ToggleButton size="small" appearance="subtle" icon={<OptionsRegular />} checked={editing} onClick={() => onEditing(!editing)} />
            </Tooltip>
          )}
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Tooltip content={t('chart.download')} relationship="label">
                <Button size="small" appearance="subtle" icon={<ArrowDownloadRegular />} disabled={!ready} />
              </Tooltip>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem icon={<ImageRegular />} onClick={savePng}>
                  {t('chart.png')}
                </MenuItem>
                <MenuItem icon={<TableRegular />} onClick={saveCsv}>
                  {t('chart.csv')}
                </MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
          {onChange && (
            <Tooltip content={t('chart.delete')} relationship="label">
              <Button size="small" appearance="subtle" icon={<DeleteRegular />} onClick={() => onChange(null)} />
            </Tooltip>
          )}
        </div>
        <div className={styles.drawing}>
          {failed ? (
            <p className={styles.note}>{failed}</p>
          ) : ready ? (
            <Chart option={drawn.option} label={title} table={drawn.table} handle={drawing} />
          ) : (
            !waiting && <p className={styles.note}>{t(numbers ? 'chart.empty' : displayed ? 'chart.incomplete' : 'chart.unrun')}</p>
          )}
        </div>
        {numbers && !failed && <Notes numbers={numbers} earlier={earlier} narrowed={narrowed && !earlier} />}
      </div>
      {editing && onChange && <ChartSettings chart={chart} frame={frame} onChange={onChange} />}
    </div>
  );
}

function useDrawing(chart: FrameChart, numbers: Numbers | null, words: NumberWords) {
  const { t } = useTranslation('notebooks');
  const { theme } = useTheme();
  return useMemo(() => numbers && drawingOf(chart, numbers, words, theme, t), [chart, numbers, words, theme, t]);
}

interface NumbersProps {
  chart: FrameChart;
  frame: Frame;
  displayed: KernelRequests | null;
  asked: FrameQuery;
  narrowed: boolean;
  onChange: ((chart: FrameChart | null) => void) | null;
}

/** Ask the session for the numbers, and keep those of all rows in the notebook. Without a session: those that are kept. */
function useNumbers({ chart, frame, displayed, asked: { search, filters }, narrowed, onChange }: NumbersProps) {
  const { t } = useTranslation('notebooks');
  const lost = lostColumns(chart, frame.columns);
  const query = lost.length > 0 ? null : chartQuery(chart, frame.columns);
  const shape = JSON.stringify(query);
  const { data, error, isFetching } = useQuery({
    queryKey: ['displayed', frame.key, 'chart', shape, search, filters],
    queryFn: () => askChart(displayed, { search, filters, sort: null }, JSON.parse(shape)),
    enabled: displayed !== null && query !== null,
    staleTime: Infinity,
    gcTime: 60_000,
    retry: false,
  });
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  const keep = data !== undefined && !narrowed && displayed !== null;
  const same = chart.of === frame.key && JSON.stringify(chart.numbers) === JSON.stringify(data);
  useEffect(() => {
    if (keep && !same) latest.current?.({ ...chart, numbers: data, of: frame.key });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- new numbers are what is kept; another title alone is not
  }, [keep, same, data, frame.key]);
  const kept = useMemo(() => readNumbers(chart.numbers), [chart.numbers]);
  const live = useMemo(() => readNumbers(data), [data]);
  const failed = lost.length > 0 ? t('chart.lost', { columns: lost.join(', '), count: lost.length }) : (error?.message ?? null);
  const useKept = displayed === null && query !== null;
  return {
    numbers: query === null ? null : useKept ? kept : live,
    failed: displayed === null && kept ? null : failed,
    waiting: isFetching,
    earlier: useKept && kept !== null && chart.of !== frame.key,
  };
}

function Notes({ numbers, earlier, narrowed }: { numbers: Numbers; earlier: boolean; narrowed: boolean }) {
  const { t, i18n } = useTranslation('notebooks');
  return <p className={styles.notes}>{notesOf(numbers, { earlier, narrowed }, t, i18n.language)}</p>;
}
