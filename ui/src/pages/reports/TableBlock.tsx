/** A live table of a report: a row for each run, at most a hundred. */
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useReportRuns, type PlacedRun } from '../../api/reports';
import type { ReportTable } from '../../api/schema';
import { runLabels } from '../../lib/chartData';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { NO_LOOK } from '../experiments/cellLook';
import { shownColumns } from '../experiments/columns';
import { useColumnLabel } from '../experiments/labels';
import { RunCell } from '../experiments/RunCell';
import { BlockFigure } from './BlockFigure';
import { runPath } from './ChartBlock';
import { useRunColors } from './runColors';
import styles from './TableBlock.module.css';

const NUMBERS = ['metrics', 'min', 'max', 'min_step', 'max_step', 'duration'];

export function TableBlock({ block }: { block: ReportTable }) {
  const { t } = useTranslation(['reports', 'experiments']);
  const found = useReportRuns(block.runs, block.columns);
  return (
    <BlockFigure title={block.title || t('reports:table.untitled')} source={block.runs} found={found} loading={t('experiments:list.loading')}>
      <Rows block={block} runs={found.runs} />
    </BlockFigure>
  );
}

function Rows({ block, runs }: { block: ReportTable; runs: PlacedRun[] }) {
  const { t } = useTranslation(['reports', 'experiments']);
  const label = useColumnLabel();
  const columns = shownColumns(block.columns);
  const colors = useRunColors(runs.map((run) => run.run_id));
  const labels = runLabels(runs);
  const title = block.title || t('reports:table.untitled');
  return (
    // A table that is wider than the page scrolls, also by keyboard.
    <div className={styles.scroll} role="region" aria-label={title} tabIndex={0}>
      <table className={styles.table} aria-label={title}>
        <thead>
          <tr>
            <th>{t('experiments:column.name')}</th>
            {columns.map((column) => (
              <th key={column.id} data-align={NUMBERS.includes(column.kind) ? 'end' : undefined} title={label(column)}>
                {label(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.run_id}>
              <td>
                <span className={styles.name}>
                  <span className={styles.dot} style={{ background: colors.get(run.run_id) }} aria-hidden />
                  <Link to={runPath(run)}>
                    <MiddleEllipsis text={labels.get(run.run_id) ?? run.name} />
                  </Link>
                </span>
              </td>
              {columns.map((column) => (
                <td key={column.id} data-align={NUMBERS.includes(column.kind) ? 'end' : undefined}>
                  <RunCell run={run} column={column} look={NO_LOOK} workspace={run.workspace} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
