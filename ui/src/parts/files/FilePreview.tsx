/** What is in a file: text, JSON, table, markdown, picture or page, each within its size limit; else a download. */
import { Button, Spinner } from '@fluentui/react-components';
import { ArrowDownloadRegular, DocumentRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { previewKind, previewLimits, type PreviewKind } from '../../lib/filePreview';
import { formatBytes } from '../../lib/format';
import { CopyButton } from '../tags/CopyButton';
import styles from './FilePreview.module.css';
import { JsonPreview, MarkdownPreview, PagePreview, TablePreview } from './previews';
import type { FileNode, Source } from './source';

interface Props {
  source: Source;
  node: FileNode;
}

async function readText(url: string): Promise<string> {
  const response = await fetch(url, { credentials: 'same-origin' });
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  return response.text();
}

export function FilePreview({ source, node }: Props) {
  const { t, i18n } = useTranslation('runs');
  const kind = previewKind(node.name);
  const tooLarge = kind !== 'none' && (node.size ?? 0) > previewLimits[kind];
  return (
    <section className={styles.preview} aria-label={t('files.preview', { name: node.name })}>
      <header className={styles.head}>
        <DocumentRegular aria-hidden />
        <span className="hl-line" title={node.path}>
          {node.path}
        </span>
        {node.size !== null && <span className={styles.size}>{formatBytes(node.size, i18n.language)}</span>}
        <span className={styles.gap} />
        <CopyButton text={node.path} label={t('files.copyPath')} />
        <Button as="a" size="small" icon={<ArrowDownloadRegular />} href={source.content(node.path, true)} download={node.name}>
          {t('files.download')}
        </Button>
      </header>
      <div className={styles.body}>
        {kind === 'none' ? (
          <p className={styles.note}>{t('files.noPreview')}</p>
        ) : tooLarge ? (
          <p className={styles.note}>{t('files.tooLarge', { limit: formatBytes(previewLimits[kind], i18n.language) })}</p>
        ) : kind === 'image' ? (
          <img className={styles.image} src={source.content(node.path)} alt={node.name} />
        ) : (
          <TextPreview key={node.path} kind={kind} source={source} node={node} />
        )}
      </div>
    </section>
  );
}

function TextPreview({ kind, source, node }: Props & { kind: PreviewKind }) {
  const { t } = useTranslation('runs');
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['files', source.id, node.path, 'text'],
    queryFn: () => readText(source.content(node.path)),
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
  if (kind === 'json') return <JsonPreview text={data} />;
  if (kind === 'table') return <TablePreview text={data} separator={node.name.toLowerCase().endsWith('.tsv') ? '\t' : ','} />;
  if (kind === 'markdown') return <MarkdownPreview text={data} name={node.name} />;
  if (kind === 'html') return <PagePreview html={data} name={node.name} scripts />;
  return <pre className={styles.text}>{data}</pre>;
}
