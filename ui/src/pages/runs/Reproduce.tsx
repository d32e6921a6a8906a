/** What is kept to run a run again, the button for it, and how the results compare. */
import { Button } from '@fluentui/react-components';
import { ArrowDownloadRegular, ArrowRepeatAllRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import { snapshotAddress, useReproduce, useReproductions } from '../../api/reproductions';
import { isOver } from '../../api/schedules';
import type { ReproducedMetric, Reproduction, RunSnapshot } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { exactNumber } from '../../lib/format';
import { FailureBar } from '../../parts/FailureBar';
import { RelativeTime } from '../../parts/RelativeTime';
import { SectionHeading } from '../../parts/SectionHeading';
import { PlainTable } from '../../parts/table/PlainTable';
import { JobState } from '../schedules/JobState';
import styles from './Reproduce.module.css';

export function Reproduce({ workspace, run }: { workspace: string; run: string }) {
  const { t } = useTranslation('runs');
  const { data, error } = useReproductions(workspace, run);
  if (!data?.snapshot && !error) return null;
  return (
    <section aria-label={t('reproduce.title')} className={styles.section}>
      <SectionHeading>{t('reproduce.title')}</SectionHeading>
      <FailureBar error={error} />
      {data?.snapshot && <Kept workspace={workspace} run={run} snapshot={data.snapshot} busy={data.reproductions.some(({ job }) => !isOver(job))} />}
      {data?.reproductions.map((one) => (
        <Result key={one.job.id} workspace={workspace} reproduction={one} />
      ))}
    </section>
  );
}

interface KeptProps {
  workspace: string;
  run: string;
  snapshot: RunSnapshot;
  busy: boolean;
}

function Kept({ workspace, run, snapshot, busy }: KeptProps) {
  const { t } = useTranslation('runs');
  const canWrite = useCanWrite(workspace);
  const reproduce = useReproduce();
  const { cell, cells, python, packages, notebook_name: notebook } = snapshot;
  return (
    <>
      <p className={styles.text}>
        {t(cell ? 'reproduce.kept' : 'reproduce.keptWhole', { cell, cells, python, count: packages.length })}{' '}
        {!notebook && t('reproduce.gone')}
      </p>
      <div className={styles.actions}>
        {canWrite && (
          <Button
            size="small"
            icon={<ArrowRepeatAllRegular />}
            disabled={busy || reproduce.isPending || !notebook}
            onClick={() => reproduce.mutate({ workspace, run })}
          >
            {t('reproduce.do')}
          </Button>
        )}
        <Button as="a" size="small" appearance="subtle" icon={<ArrowDownloadRegular />} href={snapshotAddress(workspace, run)} download>
          {t('reproduce.download')}
        </Button>
      </div>
      <FailureBar error={reproduce.error} />
    </>
  );
}

function Result({ workspace, reproduction }: { workspace: string; reproduction: Reproduction }) {
  const { t } = useTranslation('runs');
  const { job, run, run_name: name, experiment, metrics, packages, data } = reproduction;
  const same = metrics.filter(({ verdict }) => verdict === 'equal' || verdict === 'close').length;
  return (
    <div className={styles.result}>
      <div className={styles.line}>
        <Link to={path`/workspaces/${workspace}/jobs/${job.id}`}>
          <JobState job={job} />
        </Link>
        <RelativeTime at={job.ended_at ?? job.created_at} />
        {run && (
          <>
            <strong>{t('reproduce.matches', { same, count: metrics.length })}</strong>
            <Link to={path`/workspaces/${workspace}/experiments/${experiment}?view=details&run=${run}`}>{name}</Link>
          </>
        )}
        {!run && isOver(job) && <span>{t('reproduce.none')}</span>}
      </div>
      {run && metrics.length > 0 && <Metrics metrics={metrics} />}
      {data.length > 0 && <p className={styles.text}>{t('reproduce.data', { names: data.join(', ') })}</p>}
      {packages.length > 0 && (
        <p className={styles.text}>
          {t('reproduce.packages', {
            list: packages.map((one) => `${one.name} ${one.before || '–'} → ${one.after || '–'}`).join(', '),
          })}
        </p>
      )}
    </div>
  );
}

function Metrics({ metrics }: { metrics: readonly ReproducedMetric[] }) {
  const { t } = useTranslation('runs');
  return (
    <PlainTable label={t('reproduce.title')}>
      <thead>
        <tr>
          <th>{t('metrics.key')}</th>
          <th data-align="end">{t('reproduce.before')}</th>
          <th data-align="end">{t('reproduce.after')}</th>
          <th>{t('reproduce.verdict')}</th>
        </tr>
      </thead>
      <tbody>
        {metrics.map(({ key, before, after, verdict }) => (
          <tr key={key}>
            <td title={key}>{key}</td>
            <td data-align="end">{exactNumber(before)}</td>
            <td data-align="end">{verdict === 'missing' ? '–' : exactNumber(after)}</td>
            <td className={styles.verdict} data-verdict={verdict}>
              {t(`reproduce.verdicts.${verdict}`)}
            </td>
          </tr>
        ))}
      </tbody>
    </PlainTable>
  );
}
