/** Which runs a block shows: the experiment, the filter and the order; and which of them the reader does not see, and why. */
import { Link } from 'react-router';
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import { useItems } from '../../api/items';
import type { FoundRuns } from '../../api/reports';
import type { ReportRuns, ReportSearch } from '../../api/schema';
import { errorDetail, isNotFound } from '../../lib/errors';
import { orderWords } from './orders';
import styles from './RunsLine.module.css';

export function RunsLine({ source, found }: { source: ReportRuns; found: FoundRuns }) {
  const { t } = useTranslation('reports');
  return (
    <div className={styles.source}>
      {source.search ? <Search search={source.search} found={found} /> : <span>{t('runs.named', { count: found.runs.length })}</span>}
      {found.missing > 0 && (
        <span className={styles.missing} role="status">
          {t('runs.missing', { count: found.missing })}
        </span>
      )}
    </div>
  );
}

function Search({ search, found }: { search: ReportSearch; found: FoundRuns }) {
  const { t } = useTranslation('reports');
  const name = useItems(search.workspace).data?.find((one) => one.kind === 'experiment' && one.id === search.experiment)?.name;
  if (found.error) return null;
  const to = `${path`/workspaces/${search.workspace}/experiments/${search.experiment}`}?${new URLSearchParams(search.filter ? { filter: search.filter } : {}).toString()}`;
  return (
    <>
      {name && <Link to={to}>{name}</Link>}
      {search.filter && <code>{search.filter}</code>}
      {search.order_by.length > 0 && <span>{t('runs.by', { order: orderWords(search.order_by, t) })}</span>}
      <span>{t('runs.some', { count: found.total, shown: found.runs.length })}</span>
    </>
  );
}

/** Why a block has nothing to show; null if it has. */
export function useProblem(found: FoundRuns): string | null {
  const { t } = useTranslation('reports');
  if (found.pending) return null;
  if (isNotFound(found.error)) return t('runs.unreadable');
  if (found.error) return errorDetail(found.error);
  return found.runs.length ? null : t(found.missing ? 'runs.allMissing' : 'runs.none');
}
