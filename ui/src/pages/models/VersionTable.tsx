/** All versions of a model as a table with the metrics one chooses; ticked ones are compared. */
import { Badge, Button } from '@fluentui/react-components';
import { TableMoveLeftRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { path } from '../../api/client';
import type { ModelView, VersionRow } from '../../api/schema';
import { bestOf } from '../../lib/compareRuns';
import { markdownLine } from '../../lib/markdownLine';
import { lessIsBetter, mainMetric } from '../../lib/metricOrder';
import { ManyBox } from '../../parts/form/ChoiceBox';
import { MetricValue } from '../../parts/MetricValue';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { PageTools } from '../../parts/PageTools';
import { RelativeTime } from '../../parts/RelativeTime';
import { Grid, type GridColumn } from '../../parts/table/Grid';
import { modelStateNow, type ChangeModelState, type ModelState } from './address';
import styles from './VersionTable.module.css';

/** Metrics shown before somebody chooses: the main one and a few more. */
const SHOWN = 4;

interface Props {
  model: ModelView;
  state: ModelState;
  change: ChangeModelState;
}

/** Every metric that a version has, the main one first. */
function metricKeys(versions: VersionRow[]): string[] {
  const keys = [...new Set(versions.flatMap((one) => Object.keys(one.metrics)))].sort();
  const main = mainMetric(keys);
  return main === null ? keys : [main, ...keys.filter((key) => key !== main)];
}

export function VersionTable({ model, state, change }: Props) {
  const { t } = useTranslation('models');
  const { versions } = model;
  const keys = metricKeys(versions);
  const shown = state.metrics ?? keys.slice(0, SHOWN);
  const picked = new Set(state.picked);
  const columns: GridColumn[] = [
    { id: 'version', label: t('table.version'), width: 100, pinned: true },
    { id: 'aliases', label: t('aliases.title'), width: 180 },
    ...shown.map((key): GridColumn => ({ id: `metrics.${key}`, label: key, width: 150, align: 'end' })),
    { id: 'run', label: t('source.run'), width: 200 },
    { id: 'description', label: t('table.description'), width: 240 },
    { id: 'created', label: t('source.created'), width: 130 },
    { id: 'user', label: t('table.user'), width: 140 },
  ];
  const pick = (version: number) => {
    const now = modelStateNow().picked;
    change({ picked: now.includes(version) ? now.filter((one) => one !== version) : [...now, version] }, true);
  };
  const all = versions.every((one) => picked.has(one.version));
  const open = (one: VersionRow | undefined) => one && change({ view: 'version', version: one.version });
  return (
    <div className={styles.page}>
      <PageTools
        end={
          <Button appearance="primary" icon={<TableMoveLeftRegular />} disabled={state.picked.length < 2} onClick={() => change({ view: 'compare' })}>
            {t('table.compare', { count: state.picked.length })}
          </Button>
        }
      >
        <div className={styles.metrics}>
          <ManyBox
            aria-label={t('table.metrics')}
            values={shown}
            groups={[{ name: t('table.metrics'), choices: keys.map((key) => ({ id: key, name: key })) }]}
            onChoose={(metrics) => change({ metrics }, true)}
          />
        </div>
      </PageTools>
      <Grid
        label={t('table.label')}
        count={versions.length}
        columns={columns}
        rowKey={(index) => String(versions[index]?.version)}
        selection={{
          isPicked: (index) => picked.has(versions[index]?.version ?? 0),
          onPick: (index) => versions[index] && pick(versions[index].version),
          onPickAll: () => change({ picked: all ? [] : versions.map((one) => one.version) }, true),
          all: all || (picked.size > 0 && 'mixed'),
          allLabel: t('table.pickAll'),
          rowLabel: (index) => t('table.pick', { version: versions[index]?.version }),
        }}
        onOpen={(index) => open(versions[index])}
        cell={(index, id) => {
          const one = versions[index];
          return one ? <Cell workspace={model.workspace} versions={versions} one={one} column={id} onOpen={() => open(one)} /> : null;
        }}
      />
    </div>
  );
}

interface CellProps {
  workspace: string;
  versions: VersionRow[];
  one: VersionRow;
  column: string;
  onOpen: () => void;
}

function Cell({ workspace, versions, one, column, onOpen }: CellProps): ReactNode {
  const { t } = useTranslation('models');
  switch (column) {
    case 'version':
      return (
        <button type="button" className={styles.open} onClick={onOpen} tabIndex={-1}>
          {t('version', { version: one.version })}
        </button>
      );
    case 'aliases':
      return (
        <span className={styles.aliases}>
          {one.aliases.map((alias) => (
            <Badge key={alias} size="small" appearance="tint" color="brand">
              @{alias}
            </Badge>
          ))}
        </span>
      );
    case 'run':
      return one.run_id && one.experiment ? (
        <Link className={styles.link} tabIndex={-1} to={`${path`/workspaces/${workspace}/experiments/${one.experiment}`}?view=details&run=${one.run_id}`}>
          <MiddleEllipsis text={one.run_name ?? one.run_id} />
        </Link>
      ) : (
        <span className={styles.faint}>{t('noRun')}</span>
      );
    case 'description':
      return (
        <span className="hl-line" title={one.description}>
          {markdownLine(one.description)}
        </span>
      );
    case 'created':
      return <RelativeTime at={one.created_at} />;
    case 'user':
      return <span className="hl-line">{one.user}</span>;
    default:
      return <Metric versions={versions} one={one} metric={column.slice('metrics.'.length)} />;
  }
}

function Metric({ versions, one, metric }: { versions: VersionRow[]; one: VersionRow; metric: string }) {
  if (!(metric in one.metrics)) return <span className={styles.faint}>–</span>;
  const value = one.metrics[metric] ?? null;
  const less = lessIsBetter(metric);
  return <MetricValue value={value} isBest={value !== null && value === bestOf(versions.map((other) => other.metrics[metric]), less)} />;
}
