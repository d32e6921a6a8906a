/** Runs of several experiments and workspaces side by side. The address holds the picks, the name and the baseline, so a link shares it. */
import { Button, Input, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { AddRegular, BookmarkRegular, CodeRegular, DismissRegular, DocumentDataRegular, LinkRegular, TableMoveLeftRegular } from '@fluentui/react-icons';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSearchParams } from 'react-router';
import { runFiles } from '../../api/artifacts';
import { path } from '../../api/client';
import { useItems } from '../../api/items';
import { usePickedRunsOf } from '../../api/runs';
import { useWorkspaces } from '../../api/workspaces';
import { formatCharts, parseCharts } from '../../lib/chartLink';
import { colorsOf } from '../../lib/chartColors';
import { compareCode } from '../../lib/compareCode';
import { useNotices } from '../../lib/notices';
import { atLeast } from '../../lib/roles';
import { EmptyState } from '../../parts/EmptyState';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { CompareTable, type Compared } from '../experiments/CompareTable';
import { AddRuns } from './AddRuns';
import { byExperiment, picksNow, readPicks, writePicks, type Pick } from './address';
import type { ChangePicks } from './ChooseRuns';
import { CompareCharts } from './CompareCharts';
import { CompareCode } from './CompareCode';
import { CompareFiles } from './CompareFiles';
import styles from './ComparePage.module.css';
import { CompareTabs } from './CompareTabs';
import { SaveComparison } from './SaveComparison';
import type { FileRun } from './sharedFiles';
import { TableToReport } from './TableToReport';

const SIDES = ['table', 'charts', 'files', 'code'] as const;

export default function ComparePage() {
  const { t } = useTranslation(['experiments', 'shell']);
  const [search, setSearch] = useSearchParams();
  const picks = useMemo(() => readPicks(search), [search]);
  const places = useMemo(() => byExperiment(picks), [picks]);
  const { runs, isPending, missing } = usePickedRunsOf(places);
  const workspaces = useWorkspaces().data;
  const [adding, setAdding] = useState(false);
  const [reporting, setReporting] = useState(false);
  const [saving, setSaving] = useState(false);
  // Kept with the first of the experiments that the person may change.
  const home = places.find((one) => atLeast(workspaces?.find(({ id }) => id === one.workspace)?.role, 'contributor'));
  const name = search.get('name') ?? '';
  const change = (next: URLSearchParams) => setSearch(next, { replace: true });
  const charts = useMemo(() => parseCharts(search.get('charts')), [search]);
  const side = SIDES.find((one) => one === search.get('view')) ?? 'table';
  const canReport = workspaces?.some((one) => atLeast(one.role, 'contributor')) ?? false;
  const colors = useMemo(() => colorsOf(picks.map((one) => one.run)), [picks]);
  const put = (values: Record<string, string>) => {
    const next = new URLSearchParams(search);
    for (const [key, value] of Object.entries(values)) {
      if (value) next.set(key, value);
      else next.delete(key);
    }
    change(next);
  };
  const changePicks: ChangePicks = (next) => change(writePicks(new URLSearchParams(window.location.search), next(picksNow())));
  const compared = useMemo(() => {
    const place = new Map(picks.map((one) => [one.run, one]));
    return runs.map((run): Compared & FileRun => {
      const { workspace = '', experiment = '' } = place.get(run.run_id) ?? {};
      return {
        id: run.run_id,
        source: runFiles(workspace, run.run_id),
        code: { workspace, run: run.run_id },
        name: run.name,
        note: workspaces?.find((one) => one.id === workspace)?.name,
        color: colors.get(run.run_id),
        to: `${path`/workspaces/${workspace}/experiments/${experiment}`}?view=details&run=${run.run_id}`,
        metrics: run.metrics,
        params: run.params,
      };
    });
  }, [picks, runs, workspaces, colors]);
  return (
    <div className={styles.page}>
      <PageHeader
        icon={<TableMoveLeftRegular />}
        title={name || t('across.title')}
        actions={<Tools name={name} onName={(value) => put({ name: value })} runs={runs} picks={picks} changePicks={changePicks} onAdd={() => setAdding(true)} onReport={canReport ? () => setReporting(true) : undefined} onSave={home ? () => setSaving(true) : undefined} />}
      />
      <Places places={places} />
      {compared.length > 0 && <CompareTabs selected={side} sides={SIDES} onSelect={(next) => put({ view: next === 'table' ? '' : next })} />}
      {missing > 0 && (
        <p className={styles.missing} role="status">
          {t('across.missing', { count: missing })}
        </p>
      )}
      {isPending ? (
        <TableSkeleton columns={4} />
      ) : compared.length === 0 ? (
        <EmptyState
          icon={<TableMoveLeftRegular />}
          title={t('across.none')}
          text={t('across.noneText')}
          actions={
            <Button appearance="primary" icon={<AddRegular />} onClick={() => setAdding(true)}>
              {t('across.add')}
            </Button>
          }
        />
      ) : side === 'files' ? (
        <CompareFiles runs={compared} file={search.get('file') ?? ''} pair={search.get('pair') ?? ''} onPlace={put} />
      ) : side === 'code' ? (
        <CompareCode runs={compared} pair={search.get('pair') ?? ''} onPair={(pair) => put({ pair })} onFiles={() => put({ view: 'files' })} />
      ) : side === 'charts' ? (
        <CompareCharts places={places} runs={runs} colors={colors} charts={charts} onCharts={(next) => put({ charts: formatCharts(next) })} canReport={canReport} />
      ) : (
        <CompareTable
          label={t('sideBySide.label')}
          same={t('sideBySide.same')}
          compared={compared}
          baseline={search.get('baseline') ?? ''}
          onBaseline={(baseline) => put({ baseline })}
          directions={{}}
          fileName={name || t('across.title')}
        />
      )}
      {saving && home && <SaveComparison name={name} home={home} search={search} onSaved={(saved) => put({ name: saved })} onClose={() => setSaving(false)} />}
      {reporting && <TableToReport name={name} places={places} compared={compared} onClose={() => setReporting(false)} />}
      <AddRuns open={adding} picks={picks} changePicks={changePicks} onClose={() => setAdding(false)} />
    </div>
  );
}

interface ToolsProps {
  name: string;
  onName: (name: string) => void;
  runs: { run_id: string; name: string }[];
  picks: Pick[];
  changePicks: ChangePicks;
  onAdd: () => void;
  onReport: (() => void) | undefined;
  onSave: (() => void) | undefined;
}

function Tools({ name, onName, runs, picks, changePicks, onAdd, onReport, onSave }: ToolsProps) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { notify } = useNotices();
  const copyLink = async () => {
    await navigator.clipboard.writeText(window.location.href);
    notify({ intent: 'success', title: t('across.linkCopied'), body: t('across.linkText') });
  };
  const copyCode = async () => {
    await navigator.clipboard.writeText(compareCode(runs, name));
    notify({ intent: 'success', title: t('export.copiedPython'), body: t('export.pastePython') });
  };
  return (
    <>
      <Input className={styles.name} aria-label={t('across.name')} placeholder={t('across.name')} maxLength={200} value={name} onChange={(_, data) => onName(data.value)} />
      {picks.length > 0 && (
        <Button appearance="primary" icon={<AddRegular />} onClick={onAdd}>
          {t('across.add')}
        </Button>
      )}
      {onSave && (
        <Button icon={<BookmarkRegular />} onClick={onSave}>
          {t('across.save')}
        </Button>
      )}
      <Button disabled={!picks.length} icon={<LinkRegular />} onClick={() => void copyLink()}>
        {t('across.link')}
      </Button>
      <Button icon={<CodeRegular />} disabled={!runs.length} onClick={() => void copyCode()}>
        {t('export.python')}
      </Button>
      {onReport && (
        <Button icon={<DocumentDataRegular />} disabled={!runs.length} onClick={onReport}>
          {t('chart.report')}
        </Button>
      )}
      {picks.length > 0 && (
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button appearance="subtle" icon={<DismissRegular />}>
              {t('across.remove')}
            </Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {runs.map((run) => (
                <MenuItem key={run.run_id} onClick={() => changePicks((now) => now.filter((one) => one.run !== run.run_id))}>
                  {run.name}
                </MenuItem>
              ))}
              <MenuItem onClick={() => changePicks(() => [])}>{t('across.removeAll')}</MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      )}
    </>
  );
}

/** Where the runs are from: each experiment with its workspace and the number of runs. */
function Places({ places }: { places: ReturnType<typeof byExperiment> }) {
  const { t } = useTranslation('experiments');
  if (!places.length) return null;
  return (
    <ul className={styles.places} aria-label={t('across.places')}>
      {places.map((one) => (
        <Place key={`${one.workspace}/${one.experiment}`} {...one} />
      ))}
    </ul>
  );
}

function Place({ workspace, experiment, runs }: ReturnType<typeof byExperiment>[number]) {
  const { t } = useTranslation('experiments');
  const named = useWorkspaces().data?.find((one) => one.id === workspace)?.name ?? t('across.unknown');
  const item = useItems(workspace).data?.find((one) => one.kind === 'experiment' && one.id === experiment)?.name ?? experiment;
  return (
    <li className="hl-line">
      {t('across.place', { workspace: named, experiment: item, count: runs.length })}
    </li>
  );
}
