/** The charts and tables of a report as tables of their runs, for Markdown; read as the person who copies. */
import type { QueryClient } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { readReportRuns, type FoundRuns } from '../../api/reports';
import { runLabels } from '../../lib/chartData';
import type { ChartSpec } from '../../lib/chartSpec';
import { errorDetail, isNotFound } from '../../lib/errors';
import { runsTable } from '../../lib/runsExport';
import { columnOf, type Column } from '../experiments/columns';
import type { Block, BlockFigures } from './blocks';
import { keysOf } from './ChartBlock';

interface Words {
  t: TFunction<'reports'>;
  chartTitle: (spec: ChartSpec) => string;
  columnLabel: (column: Column) => string;
}

function noteOf(found: FoundRuns, t: TFunction<'reports'>): string {
  if (isNotFound(found.error)) return t('runs.unreadable');
  if (found.error) return errorDetail(found.error);
  if (found.missing) return t('runs.missing', { count: found.missing });
  return found.runs.length ? '' : t('runs.none');
}

async function figureOf(client: QueryClient, block: Exclude<Block, { kind: 'text' }>, { t, chartTitle, columnLabel }: Words): Promise<BlockFigures> {
  const columns = block.kind === 'chart' ? keysOf({ ...block.spec }) : block.columns;
  const found = await readReportRuns(client, block.runs, columns);
  const labels = runLabels(found.runs);
  const shown = columns.flatMap((id) => columnOf(id) ?? []).filter((column) => column.id !== 'run_id');
  const { rows } = runsTable(found.runs, shown.map((column) => column.id));
  return {
    title: block.kind === 'chart' ? chartTitle({ ...block.spec, id: block.id }) : block.title || t('table.untitled'),
    note: noteOf(found, t),
    columns: [t('runs.run'), ...shown.map(columnLabel)],
    // Without the id and the name, for which the run's label stands.
    rows: rows.map(([id, , ...cells]) => [labels.get(String(id)) ?? String(id), ...cells.map(String)]),
  };
}

export async function figuresOf(client: QueryClient, blocks: Block[], words: Words): Promise<Map<string, BlockFigures>> {
  const shown = blocks.filter((block) => block.kind !== 'text');
  return new Map(await Promise.all(shown.map(async (block) => [block.id, await figureOf(client, block, words)] as const)));
}
