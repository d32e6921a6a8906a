/** Choose runs of any experiment in any workspace that the person may read, for a comparison. */
import { Button, Checkbox, Field, SearchBox } from '@fluentui/react-components';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useItems } from '../../api/items';
import { useRunPages } from '../../api/runs';
import { useWorkspaces } from '../../api/workspaces';
import { ErrorState } from '../../parts/ErrorState';
import { ChoiceBox } from '../../parts/form/ChoiceBox';
import { RelativeTime } from '../../parts/RelativeTime';
import { SidePanel } from '../../parts/SidePanel';
import styles from './AddRuns.module.css';
import { MOST_COMPARED, picksNow, type Pick } from './address';

interface Props {
  open: boolean;
  picks: Pick[];
  setPicks: (picks: Pick[]) => void;
  onClose: () => void;
}

export function AddRuns({ open, picks, setPicks, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const workspaces = useWorkspaces().data ?? [];
  const [chosen, setChosen] = useState({ workspace: '', experiment: '' });
  const workspace = chosen.workspace || (picks.at(-1)?.workspace ?? '');
  const experiments = (useItems(open ? workspace : '').data ?? []).filter((one) => one.kind === 'experiment');
  return (
    <SidePanel
      open={open}
      title={t('across.add')}
      onClose={onClose}
      footer={
        <Button appearance="primary" onClick={onClose}>
          {t('shell:close')}
        </Button>
      }
    >
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
        {workspace && chosen.experiment && <Runs workspace={workspace} experiment={chosen.experiment} picks={picks} setPicks={setPicks} />}
      </div>
    </SidePanel>
  );
}

interface RunsProps {
  workspace: string;
  experiment: string;
  picks: Pick[];
  setPicks: (picks: Pick[]) => void;
}

/** The newest runs of the experiment; older ones are found by name. */
function Runs({ workspace, experiment, picks, setPicks }: RunsProps) {
  const { t } = useTranslation('experiments');
  const [typed, setTyped] = useState('');
  const query = useDeferredValue(typed.trim());
  const filter = query ? `attributes.run_name ILIKE '%${query.replaceAll(/['%\\]/g, '')}%'` : '';
  const { data, error, refetch } = useRunPages(workspace, experiment, filter, ['attributes.start_time DESC'], [], 'flat');
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const runs = data?.pages[0]?.runs ?? [];
  const has = new Set(picks.map((one) => one.run));
  const full = picks.length >= MOST_COMPARED;
  const toggle = (run: string) => {
    const now = picksNow();
    const rest = now.filter((one) => one.run !== run);
    setPicks(rest.length < now.length ? rest : [...now, { workspace, experiment, run }]);
  };
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
