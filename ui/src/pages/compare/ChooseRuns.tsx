/** Fields to choose runs of any experiment in any workspace that the person may read. */
import { Checkbox, Field, SearchBox } from '@fluentui/react-components';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useItems } from '../../api/items';
import { useRunPages } from '../../api/runs';
import { useWorkspaces } from '../../api/workspaces';
import { ErrorState } from '../../parts/ErrorState';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { RelativeTime } from '../../parts/RelativeTime';
import { MOST_COMPARED, type Pick } from './address';
import styles from './ChooseRuns.module.css';

/** Makes the next picks from those that hold when it is called: what was rendered last may be a click behind. */
export type ChangePicks = (next: (now: Pick[]) => Pick[]) => void;

interface Props {
  picks: Pick[];
  changePicks: ChangePicks;
  /** The experiment whose runs are shown first; without one, the last pick's workspace is. */
  proposed?: { workspace: string; experiment: string };
}

export function ChooseRuns({ picks, changePicks, proposed = { workspace: '', experiment: '' } }: Props) {
  const { t } = useTranslation('experiments');
  const workspaces = useWorkspaces().data ?? [];
  const [chosen, setChosen] = useState(proposed);
  const workspace = chosen.workspace || (picks.at(-1)?.workspace ?? '');
  const experiments = (useItems(workspace).data ?? []).filter((one) => one.kind === 'experiment');
  return (
    <div className={styles.fields}>
      <Field label={t('across.workspace')}>
        <ChoiceBox
          value={workspace}
          groups={[{ name: '', choices: workspaces.map((one) => ({ id: one.id, name: one.name })) }]}
          onChoose={(id) => setChosen({ workspace: id, experiment: '' })}
        />
      </Field>
      <Field label={t('across.experiment')}>
        <ChoiceBox
          value={chosen.experiment}
          groups={[{ name: '', choices: experiments.map((one) => ({ id: one.id, name: one.name })) }]}
          onChoose={(id) => setChosen({ workspace, experiment: id })}
        />
      </Field>
      {workspace && chosen.experiment && <Runs workspace={workspace} experiment={chosen.experiment} picks={picks} changePicks={changePicks} />}
    </div>
  );
}

interface RunsProps {
  workspace: string;
  experiment: string;
  picks: Pick[];
  changePicks: ChangePicks;
}

/** The newest runs of the experiment; older ones are found by name. */
function Runs({ workspace, experiment, picks, changePicks }: RunsProps) {
  const { t } = useTranslation('experiments');
  const [typed, setTyped] = useState('');
  const query = useDeferredValue(typed.trim());
  const filter = query ? `attributes.run_name ILIKE '%${query.replaceAll(/['%\\]/g, '')}%'` : '';
  const { data, error, refetch } = useRunPages(workspace, experiment, filter, ['attributes.start_time DESC'], [], 'flat');
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const runs = data?.pages[0]?.runs ?? [];
  const has = new Set(picks.map((one) => one.run));
  const full = picks.length >= MOST_COMPARED;
  const toggle = (run: string) =>
    changePicks((now) => {
      const rest = now.filter((one) => one.run !== run);
      return rest.length < now.length ? rest : [...now, { workspace, experiment, run }];
    });
  return (
    <>
      <SearchBox aria-label={t('across.find')} placeholder={t('across.find')} value={typed} onChange={(_, data) => setTyped(data.value)} />
      {full && <p role="status">{t('across.full', { count: MOST_COMPARED })}</p>}
      <ul className={styles.runs} aria-label={t('across.runs')}>
        {runs.map((run) => (
          <li key={run.run_id}>
            <Checkbox label={run.name} checked={has.has(run.run_id)} disabled={full && !has.has(run.run_id)} onChange={() => toggle(run.run_id)} />
            <span className={styles.faint}>
              <RelativeTime at={run.start_time} />
            </span>
          </li>
        ))}
      </ul>
      {data && runs.length === 0 && <p className={styles.faint}>{t('across.noRuns')}</p>}
      {(data?.pages[0]?.total ?? 0) > runs.length && <p className={styles.faint}>{t('across.more', { count: runs.length })}</p>}
    </>
  );
}
