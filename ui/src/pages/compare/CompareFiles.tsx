/** Files of the compared runs: one tree of all paths; the picked one side by side, as a table of all runs or as a difference of two. */
import { FolderRegular } from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { imageName, mergeFiles, seriesKey } from '../../lib/compareFiles';
import { errorDetail } from '../../lib/errors';
import { previewKind } from '../../lib/filePreview';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { FileTree } from '../../parts/files/FileTree';
import { folderOf } from '../../parts/files/listing';
import { foldersAbove, type FileNode } from '../../parts/files/source';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './CompareFiles.module.css';
import { FileCards } from './FileCards';
import { FileDifference } from './FileDifference';
import { ImagesByStep } from './ImagesByStep';
import { listings, useListings, useReadableRuns, type FileRun, type HeldFile, type ReadableRuns } from './sharedFiles';
import { TablesSideBySide } from './TablesSideBySide';

/** What of the comparison's files the address holds. */
export interface FilesPlace {
  file: string;
  /** Two run ids whose texts are compared, with a comma between; the first two if empty. */
  pair: string;
}

interface Props extends FilesPlace {
  runs: FileRun[];
  onPlace: (place: Partial<FilesPlace>) => void;
}

export function CompareFiles({ runs: all, file, pair, onPlace }: Props) {
  const { t } = useTranslation('experiments');
  const client = useQueryClient();
  const readable = useReadableRuns(all);
  const { sources, failed, isPending } = readable;
  const tree = useMemo(
    () => ({
      id: sources.map((source) => source.id).join(' '),
      list: async (folder: string): Promise<FileNode[]> =>
        mergeFiles(await listings(client, sources, folder)).map(({ steps, runs, ...node }) => ({
          ...node,
          ...(steps ? { kind: 'images' as const } : {}),
          aside: t('files.of', { count: runs, all: sources.length }),
        })),
    }),
    [client, sources, t],
  );
  if (isPending) return <TableSkeleton columns={2} />;
  const notes = failed.length > 0 && (
    <ul className={styles.failed} role="status">
      {failed.map(({ run, error }) => (
        <li key={run.id}>{t('files.unreadable', { name: run.name, why: errorDetail(error) })}</li>
      ))}
    </ul>
  );
  if (!readable.any) {
    return (
      <>
        {notes}
        <EmptyState icon={<FolderRegular />} title={t('files.none')} text={t('files.noneText')} />
      </>
    );
  }
  return (
    <>
      {notes}
      <div className={styles.browser}>
        <div className={styles.tree}>
          <FileTree key={tree.id} source={tree} label={t('files.tree')} selected={file} initiallyOpen={foldersAbove(file)} onSelect={(node) => !node.is_dir && onPlace({ file: node.path })} />
        </div>
        <div className={styles.preview}>{file ? <Picked key={file} readable={readable} file={file} pair={pair} onPlace={onPlace} /> : <p className={styles.note}>{t('files.pick')}</p>}</div>
      </div>
    </>
  );
}

interface PickedProps extends FilesPlace {
  readable: ReadableRuns;
  onPlace: Props['onPlace'];
}

function Picked({ readable: { runs, sources }, file, pair, onPlace }: PickedProps) {
  const { t } = useTranslation('experiments');
  const { data, error, refetch } = useListings(sources, folderOf(file));
  const key = seriesKey(file);
  const held = useMemo((): HeldFile[] => {
    return runs.flatMap((run, at) => {
      const [source, found] = [sources[at], data?.[at]?.find((one) => one.path === file && !one.is_dir)];
      return source && found ? [{ run, source, file: found }] : [];
    });
  }, [runs, sources, data, file]);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton columns={2} />;
  if (key !== null) return <ImagesByStep name={imageName(key)} series={runs.flatMap((run, at) => ({ run, source: sources[at], files: data[at] ?? [] }))} imageKey={key} />;
  if (held.length === 0) return <p className={styles.note}>{t('files.gone', { file })}</p>;
  const without = runs.filter((run) => !held.some((one) => one.run === run));
  const pairOf = { pair, onPair: (next: string) => onPlace({ pair: next }) };
  return (
    <section className={styles.picked} aria-label={file}>
      <header className={styles.head}>
        <strong className="hl-line" title={file}>
          {file}
        </strong>
        <span className={styles.aside}>{t('files.inRuns', { count: held.length, all: runs.length })}</span>
        {without.length > 0 && (
          <span className={`hl-line ${styles.aside}`} title={without.map((run) => run.name).join(', ')}>
            {t('files.without', { names: without.map((run) => run.name).join(', ') })}
          </span>
        )}
      </header>
      <Shown held={held} {...pairOf} />
    </section>
  );
}

function Shown({ held, ...pairOf }: { held: HeldFile[]; pair: string; onPair: (pair: string) => void }) {
  const name = held[0]?.file.name ?? '';
  const kind = previewKind(name);
  if (kind === 'table' || kind === 'json') return <TablesSideBySide held={held} kind={kind} otherwise={<FileDifference held={held} {...pairOf} />} />;
  if (kind === 'text' || kind === 'markdown' || kind === 'notebook') return <FileDifference held={held} {...pairOf} />;
  return <FileCards held={held} kind={kind} />;
}
