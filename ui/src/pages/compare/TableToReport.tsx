/** Put a comparison into a report, as a table of what differs. */
import { useTranslation } from 'react-i18next';
import type { ReportRuns } from '../../api/schema';
import { compareLines } from '../../lib/compareRuns';
import type { Compared } from '../experiments/CompareTable';
import { AddToReport } from '../reports/AddToReport';
import { newId } from '../reports/blocks';

/** Columns of a table in a report, as many as a person still reads. */
const MOST_COLUMNS = 12;

interface Props {
  name: string;
  places: ReportRuns['picks'];
  compared: Compared[];
  onClose: () => void;
}

export function TableToReport({ name, places, compared, onClose }: Props) {
  const { t } = useTranslation('experiments');
  const columns = compareLines(compared, compared.length > 1).flatMap(({ kind, key }) => (kind === 'head' ? [] : [`${kind}.${key}`]));
  const metricsFirst = [...columns.filter((id) => id.startsWith('metrics.')), ...columns.filter((id) => id.startsWith('params.'))];
  return (
    <AddToReport
      workspace={places[0]?.workspace ?? ''}
      picks={{ search: null, picks: places }}
      block={(runs) => ({ kind: 'table', id: newId(), title: name || t('across.title'), runs, columns: metricsFirst.slice(0, MOST_COLUMNS) })}
      onClose={onClose}
    />
  );
}
