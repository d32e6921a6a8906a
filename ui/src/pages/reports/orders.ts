/** How the runs of a block are ordered: texts of MLflow's grammar such as "metrics.r2 DESC", and what they are called. Pure. */
import type { TFunction } from 'i18next';
import { orderText } from '../../lib/filterText';

export const FIELDS = ['start_time', 'run_name', 'duration'] as const;

/** "metrics.`a b` DESC" -> metrics.a b, downwards. */
export function readOrder(text: string): { field: string; down: boolean } {
  const [, field = '', direction = ''] = /^(.*?)(?:\s+(ASC|DESC))?$/i.exec(text.trim()) ?? [];
  return { field: field.replaceAll('`', '').replace(/^attributes?\./, ''), down: direction.toUpperCase() === 'DESC' };
}

export function writeOrder(field: string, down: boolean): string {
  return orderText(field, down);
}

export function fieldWord(field: string, t: TFunction<'reports'>): string {
  const plain = FIELDS.find((one) => one === field);
  return plain ? t(`field.${plain}`) : field.replace(/^(metrics|params|tags)\./, '');
}

export function orderWords(orders: string[], t: TFunction<'reports'>): string {
  return orders
    .map(readOrder)
    .map(({ field, down }) => t(down ? 'runs.down' : 'runs.up', { field: fieldWord(field, t) }))
    .join(', ');
}
