/** Code of two of the compared runs: their notebooks as they ran, cell by cell, and the packages that differ. */
import { Button, Spinner } from '@fluentui/react-components';
import { DocumentTextRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useReproductions, useSnapshotDocument } from '../../api/reproductions';
import type { RunSnapshot } from '../../api/schema';
import { changedPackages } from '../../lib/compareFiles';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { TextChanges } from '../git/TextChanges';
import styles from './CompareCode.module.css';
import { PairPicker, pairOf } from './PairPicker';
import type { FileRun } from './sharedFiles';

interface Props {
  runs: FileRun[];
  pair: string;
  onPair: (pair: string) => void;
  onFiles: () => void;
}

export function CompareCode({ runs, pair, onPair, onFiles }: Props) {
  const { t } = useTranslation('experiments');
  const [left, right] = pairOf(runs, pair);
  if (!left || !right) return <EmptyState icon={<DocumentTextRegular />} title={t('code.two')} text={t('code.twoText')} />;
  return (
    <>
      <PairPicker runs={runs} pair={pair} onPair={onPair} />
      <Code key={`${left.id} ${right.id}`} left={left} right={right} onFiles={onFiles} />
    </>
  );
}

type Pair = { left: FileRun; right: FileRun };
type Runs = { before: NonNullable<FileRun['code']>; after: NonNullable<FileRun['code']> };

function Code({ left, right, onFiles }: Pair & { onFiles: () => void }) {
  if (left.code && right.code) return <CodeOfRuns left={left} right={right} runs={{ before: left.code, after: right.code }} onFiles={onFiles} />;
  return <NoCode names={[left, right].flatMap((one) => (one.code ? [] : one.name))} onFiles={onFiles} />;
}

function CodeOfRuns({ left, right, runs, onFiles }: Pair & { runs: Runs; onFiles: () => void }) {
  const { t } = useTranslation('experiments');
  const [before, after] = [useReproductions(runs.before.workspace, runs.before.run), useReproductions(runs.after.workspace, runs.after.run)];
  const failed = [before, after].find((one) => one.error && !one.data);
  if (failed) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!before.data || !after.data) return <Spinner size="tiny" label={t('code.loading')} />;
  const [old, now] = [before.data.snapshot, after.data.snapshot];
  if (old && now) return <Snapshots left={left} right={right} runs={runs} old={old} now={now} />;
  return <NoCode names={[old ? null : left.name, now ? null : right.name].flatMap((name) => name ?? [])} onFiles={onFiles} />;
}

function NoCode({ names, onFiles }: { names: string[]; onFiles: () => void }) {
  const { t } = useTranslation('experiments');
  return (
    <EmptyState
      icon={<DocumentTextRegular />}
      title={t('code.none', { names: names.join(', '), count: names.length })}
      text={t('code.noneText')}
      actions={<Button onClick={onFiles}>{t('code.toFiles')}</Button>}
    />
  );
}

function Snapshots({ left, right, runs, old, now }: Pair & { runs: Runs; old: RunSnapshot; now: RunSnapshot }) {
  const { t } = useTranslation('experiments');
  const [before, after] = [useSnapshotDocument(runs.before.workspace, runs.before.run), useSnapshotDocument(runs.after.workspace, runs.after.run)];
  const packages = useMemo(() => changedPackages(old.packages, now.packages), [old, now]);
  const failed = [before, after].find((one) => one.error && !one.data);
  if (failed) return <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />;
  if (before.data === undefined || after.data === undefined) return <Spinner size="tiny" label={t('code.loading')} />;
  const fact = (run: FileRun, { notebook_name: notebook, cell, cells, python }: RunSnapshot) =>
    t(cell ? 'code.fact' : 'code.factWhole', { name: run.name, notebook: notebook || t('code.gone'), cell, cells, python });
  return (
    <div className={styles.body}>
      <ul className={styles.facts}>
        <li>{fact(left, old)}</li>
        <li>{fact(right, now)}</li>
        <li>{packages.length ? t('code.packages', { list: packages.map((one) => `${one.name} ${one.before ?? '–'} → ${one.after ?? '–'}`).join(', ') }) : t('code.samePackages')}</li>
      </ul>
      <TextChanges before={before.data} after={after.data} isNotebook same={t('code.same')} />
    </div>
  );
}
