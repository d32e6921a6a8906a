/** What is in a file: text, JSON, table, notebook, picture, sound, page or PDF; of a large one its beginning, and more on request. */
import { Button, Spinner } from '@fluentui/react-components';
import { ArrowDownloadRegular, DocumentRegular, OpenRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { previewKind, previewLimits, type PreviewKind } from '../../lib/filePreview';
import { formatBytes } from '../../lib/format';
import { CopyButton } from '../tags/CopyButton';
import { readBeginning } from './beginning';
import styles from './FilePreview.module.css';
import { ImagePreview } from './ImagePreview';
import { NotebookPreview } from './NotebookPreview';
import { ParquetPreview } from './ParquetPreview';
import { DocumentPreview, JsonPreview, MarkdownPreview, PagePreview, TablePreview } from './previews';
import type { FileNode, Source } from './source';
import { LongText } from '../LongText';

interface Props {
  source: Source;
  node: FileNode;
}

export function FilePreview({ source, node }: Props) {
  const { t, i18n } = useTranslation(['runs', 'shell']);
  const kind = previewKind(node.name);
  return (
    <section className={styles.preview} aria-label={t('files.preview', { name: node.name })}>
      <header className={styles.head}>
        <DocumentRegular aria-hidden />
        <span className="hl-line" title={node.path}>
          {node.path}
        </span>
        {node.size !== null && <span className={styles.size}>{formatBytes(node.size, i18n.language)}</span>}
        <span className={styles.gap} />
        {(kind === 'html' || kind === 'pdf') && (
          <Button as="a" size="small" appearance="subtle" icon={<OpenRegular />} href={kind === 'html' ? source.page(node.path) : source.content(node.path)} target="_blank" rel="noreferrer">
            {t('files.newTab')}
          </Button>
        )}
        <CopyButton text={node.path} label={t('files.copyPath')} />
        <Button as="a" size="small" icon={<ArrowDownloadRegular />} href={source.content(node.path, true)} download={node.name}>
          {t('files.download')}
        </Button>
      </header>
      <div className={styles.body}>
        <FileContent key={node.path} kind={kind} source={source} node={node} />
      </div>
    </section>
  );
}

export function FileContent({ kind, source, node }: Props & { kind: PreviewKind }) {
  const { t } = useTranslation(['runs', 'shell']);
  if (kind === 'none') return <p className={styles.note}>{t('files.noPreview')}</p>;
  if (kind === 'html') return <PagePreview url={source.page(node.path)} name={node.name} />;
  if (kind === 'pdf') return <DocumentPreview url={source.content(node.path)} name={node.name} />;
  if (kind === 'parquet') return <ParquetPreview url={source.content(node.path)} size={node.size ?? 0} name={node.name} />;
  if (kind === 'audio') return <audio controls className={styles.media} src={source.content(node.path)} aria-label={node.name} />;
  if (kind === 'video') return <video controls className={styles.media} src={source.content(node.path)} aria-label={node.name} />;
  if (kind !== 'image') return <TextPreview kind={kind} source={source} node={node} />;
  return <ImagePreview url={source.content(node.path)} name={node.name} size={node.size ?? 0} />;
}

function TextPreview({ kind, source, node }: Props & { kind: PreviewKind }) {
  const { t, i18n } = useTranslation(['runs', 'shell']);
  const [bytes, setBytes] = useState(previewLimits[kind]);
  const size = node.size ?? 0;
  const cut = size > bytes;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['files', source.id, node.path, 'text', cut ? bytes : 'whole'],
    queryFn: () => readBeginning(source.content(node.path), bytes, !cut),
    staleTime: 5_000,
  });
  if (isPending) return <Spinner size="tiny" label={t('files.loading')} />;
  if (error) {
    return (
      <div role="alert" className={styles.note}>
        <p>{t('files.failed', { why: errorDetail(error) })}</p>
        <Button onClick={() => void refetch()}>{t('shell:retry')}</Button>
      </div>
    );
  }
  if (!data) return <p className={styles.note}>{t('files.emptyFile')}</p>;
  return (
    <>
      {cut && (
        <p className={styles.note}>
          {t('files.beginning', { shown: formatBytes(bytes, i18n.language), size: formatBytes(size, i18n.language) })}{' '}
          {bytes < 16_000_000 && (
            <Button size="small" onClick={() => setBytes(bytes * 4)}>
              {t('files.more')}
            </Button>
          )}
        </p>
      )}
      <Shown kind={cut && (kind === 'json' || kind === 'markdown' || kind === 'notebook') ? 'text' : kind} text={data} name={node.name} />
    </>
  );
}

function Shown({ kind, text, name }: { kind: PreviewKind; text: string; name: string }) {
  if (kind === 'json') return <JsonPreview name={name} text={text} />;
  if (kind === 'table') return <TablePreview name={name} text={text} separator={name.toLowerCase().endsWith('.tsv') ? '\t' : ','} />;
  if (kind === 'notebook') return <NotebookPreview text={text} />;
  if (kind === 'markdown') return <MarkdownPreview text={text} />;
  return <pre className={styles.text}>
      <LongText text={text} />
    </pre>;
}
