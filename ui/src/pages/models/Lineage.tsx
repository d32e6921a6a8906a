/** Where a version comes from and where it is used, as a picture: data, notebook, run, logged model, version, use. */
import { BeakerRegular, BrainCircuitRegular, CubeRegular, DatabaseRegular, NotebookRegular, PlayCircleRegular } from '@fluentui/react-icons';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import { useRun } from '../../api/runs';
import type { RunDetail, VersionDetail } from '../../api/schema';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { SectionHeading } from '../../parts/SectionHeading';
import styles from './Lineage.module.css';

/** Entries of a step before the rest is counted. */
const SHOWN = 3;

interface Entry {
  text: string;
  to?: string;
}

interface Step {
  kind: string;
  icon: ReactElement;
  entries: Entry[];
  /** Said without entries. */
  none: string;
}

function runPath(workspace: string, experiment: string, run: string): string {
  return `${path`/workspaces/${workspace}/experiments/${experiment}`}?view=details&run=${run}`;
}

function runEntries(workspace: string, { row }: VersionDetail): Entry[] {
  if (!row.run_id) return [];
  if (row.experiment === null) return [{ text: row.run_name ?? row.run_id }];
  return [
    { text: row.run_name ?? row.run_id, to: runPath(workspace, row.experiment, row.run_id) },
    { text: row.experiment_name ?? '', to: path`/workspaces/${workspace}/experiments/${row.experiment}` },
  ];
}

function notebookEntries(workspace: string, { row }: VersionDetail, run: RunDetail | undefined): Entry[] {
  if (row.notebook) return [{ text: row.notebook.name, to: path`/workspaces/${workspace}/notebooks/${row.notebook.id}` }];
  return run?.row.source ? [{ text: run.row.source }] : [];
}

export function Lineage({ workspace, detail }: { workspace: string; detail: VersionDetail }) {
  const { t } = useTranslation('models');
  const { row } = detail;
  const run = useRun(workspace, row.experiment === null ? '' : (row.run_id ?? '')).data;
  const aliases = row.aliases.map((alias) => `@${alias}`).join(' ');
  const steps: Step[] = [
    { kind: t('lineage.data'), icon: <DatabaseRegular />, entries: (run?.datasets ?? []).map((one) => ({ text: one.name })), none: t('lineage.noData') },
    { kind: t('source.notebook'), icon: <NotebookRegular />, entries: notebookEntries(workspace, detail, run), none: t('lineage.noNotebook') },
    { kind: t('source.run'), icon: <BeakerRegular />, entries: runEntries(workspace, detail), none: t('noRun') },
    { kind: t('lineage.loggedModel'), icon: <CubeRegular />, entries: detail.logged_model ? [{ text: detail.logged_model }] : [], none: t('lineage.noLoggedModel') },
    { kind: t('lineage.version'), icon: <BrainCircuitRegular />, entries: [{ text: t('version', { version: row.version }) }, ...(aliases ? [{ text: aliases }] : [])], none: '' },
    {
      kind: t('lineage.use'),
      icon: <PlayCircleRegular />,
      entries: detail.used_by.map((one) => ({ text: one.name, to: runPath(workspace, one.experiment, one.run_id) })),
      none: t('lineage.noUse'),
    },
  ];
  return (
    <section aria-label={t('lineage.title')}>
      <SectionHeading>{t('lineage.title')}</SectionHeading>
      <ol className={styles.steps}>
        {steps.map((step) => (
          <StepCard key={step.kind} {...step} />
        ))}
      </ol>
    </section>
  );
}

function StepCard({ kind, icon, entries, none }: Step) {
  const { t } = useTranslation('models');
  const more = entries.length - SHOWN;
  return (
    <li className={styles.step}>
      <span className={styles.kind}>
        <span aria-hidden>{icon}</span>
        {kind}
      </span>
      {entries.slice(0, SHOWN).map(({ text, to }, at) =>
        to ? (
          <Link key={at} to={to} className={styles.entry}>
            <MiddleEllipsis text={text} />
          </Link>
        ) : (
          <span key={at} className={styles.entry}>
            <MiddleEllipsis text={text} />
          </span>
        ),
      )}
      {more > 0 && <span className={styles.none}>{t('lineage.more', { count: more })}</span>}
      {entries.length === 0 && <span className={styles.none}>{none}</span>}
    </li>
  );
}
