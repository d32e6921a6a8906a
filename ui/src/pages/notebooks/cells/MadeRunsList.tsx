/** The runs that a cell has made, with their metrics; links open them, or all of them side by side. */
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../../api/client';
import { MOST_PICKED } from '../../../api/runs';
import type { CreatedRun } from '../../../api/schema';
import { exactNumber, formatNumber } from '../../../lib/format';
import { StatusIcon } from '../../runs/RunStatus';
import type { CellRun } from '../runs';
import { madeRuns, type MadeRuns } from './madeRuns';
import styles from './MadeRunsList.module.css';

const MOST_SHOWN = 5;

interface Props {
  workspace: string;
  rows: CreatedRun[];
  cell: CellRun;
}

export function MadeRunsList({ workspace, rows, cell }: Props) {
  return madeRuns(rows, cell).map((made) => <OfExperiment key={made.experiment} workspace={workspace} made={made} />);
}

function OfExperiment({ workspace, made }: { workspace: string; made: MadeRuns }) {
  const { t, i18n } = useTranslation('notebooks');
  const { experiment, name, runs, tops, metrics } = made;
  const home = path`/workspaces/${workspace}/experiments/${experiment}`;
  const picked = new URLSearchParams({ view: 'list', runs: runs.slice(0, MOST_PICKED).map((run) => run.run_id).join(',') });
  const hidden = tops.length - MOST_SHOWN;
  return (
    <section className={styles.made} aria-label={t('madeRuns.label', { name })}>
      <p className={styles.head}>
        <span>{t('madeRuns.count', { count: runs.length })}</span>
        <Link to={home} className="hl-line" title={name}>
          {name}
        </Link>
        {runs.length > 1 && (
          <Link to={`${home}?${picked}`} className={styles.compare}>
            {runs.length > MOST_PICKED ? t('madeRuns.compareFirst', { count: MOST_PICKED }) : t('madeRuns.compare')}
          </Link>
        )}
      </p>
      <ul>
        {tops.slice(0, MOST_SHOWN).map((run) => (
          <li key={run.run_id}>
            <StatusIcon status={run.status} />
            <Link to={`${home}?view=details&run=${encodeURIComponent(run.run_id)}`} className="hl-line" title={run.name}>
              {run.name}
            </Link>
            {metrics.map((key) => {
              const value = run.metrics[key];
              return value === undefined ? null : (
                <span key={key} className={styles.metric} title={`${key}: ${exactNumber(value)}`}>
                  {key} <b>{formatNumber(value, i18n.language)}</b>
                </span>
              );
            })}
          </li>
        ))}
        {hidden > 0 && <li>{t('madeRuns.more', { count: hidden })}</li>}
      </ul>
    </section>
  );
}
