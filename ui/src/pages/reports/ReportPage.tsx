/** A report: prose with live charts and tables of runs. Its address is what is shared; who may write edits it in place. */
import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, Spinner } from '@fluentui/react-components';
import { DocumentDataRegular, EditRegular } from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useParams, useSearchParams } from 'react-router';
import { path } from '../../api/client';
import { useReport } from '../../api/reports';
import type { ReportPage as Report } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { errorDetail, errorTitle } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { fullAddress } from '../../lib/pathPrefix';
import { PrintingProvider } from '../../lib/printing';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { RelativeTime } from '../../parts/RelativeTime';
import { useChartWords } from '../../parts/charts/words';
import { useColumnLabel } from '../experiments/labels';
import { markdownOf } from './blocks';
import { figuresOf } from './figures';
import { EditBlocks, ReadBlocks } from './ReportBlocks';
import { ReportHeader } from './ReportHeader';
import styles from './ReportPage.module.css';
import { createRunColors, RunColorsProvider } from './runColors';
import type { ReportSaver, SaverState } from './saver';
import { usePrint } from './usePrint';
import { useReportSaver } from './useReportSaver';

export default function ReportPage() {
  const { workspace = '', report = '' } = useParams();
  const { t } = useTranslation('reports');
  const navigate = useNavigate();
  const { data, error, isPending, refetch } = useReport(workspace, report);
  if (error && !data) {
    const back = <Button onClick={() => void navigate(path`/workspaces/${workspace}`)}>{t('toWorkspace')}</Button>;
    return <ErrorState error={error} onRetry={() => void refetch()} actions={back} />;
  }
  if (isPending) return <Spinner label={t('loading')} className={styles.loading} />;
  return <Opened key={data.id} report={data} />;
}

function useCopyMarkdown(report: Report, state: SaverState): () => Promise<void> {
  const { t } = useTranslation('reports');
  const { notify } = useNotices();
  const client = useQueryClient();
  const words = useChartWords();
  const label = useColumnLabel();
  return async () => {
    try {
      const figures = await figuresOf(client, state.blocks, { t, chartTitle: words.title, columnLabel: label });
      const link = fullAddress(path`/workspaces/${report.workspace}/reports/${report.id}`);
      await navigator.clipboard.writeText(markdownOf(report.name, link, state.blocks, figures));
      notify({ intent: 'success', title: t('markdown.copied'), body: t('markdown.what') });
    } catch (error) {
      notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) });
    }
  };
}

function Opened({ report }: { report: Report }) {
  const { t } = useTranslation('reports');
  const [search, setSearch] = useSearchParams();
  const canWrite = useCanWrite(report.workspace);
  const { saver, state } = useReportSaver(report);
  const [colors] = useState(createRunColors);
  const { sheet, printing, print } = usePrint();
  const copyMarkdown = useCopyMarkdown(report, state);
  const editing = canWrite && search.get('edit') === '1' && !printing;
  const edit = (on: boolean) => {
    if (!on) void saver.flush();
    setSearch(on ? { edit: '1' } : {}, { replace: true });
  };
  const { blocks } = state;
  return (
    <PrintingProvider value={printing}>
      <RunColorsProvider value={colors}>
        <div className={styles.page} data-printing={printing || undefined}>
          <ReportHeader
            report={report}
            state={state}
            canWrite={canWrite}
            editing={editing}
            onEdit={edit}
            onCopyMarkdown={() => void copyMarkdown()}
            onPrint={() => void print()}
            onRetry={() => void saver.flush()}
          />
          {state.status === 'clash' && <Clash saver={saver} state={state} />}
          <div className={styles.scroll}>
            <article ref={sheet} className={styles.sheet} aria-label={report.name}>
              <p className={styles.meta}>
                {t('meta.by', { name: report.owner })} · {t('meta.changed', { name: report.modified_by })} <RelativeTime at={report.modified_at} />
              </p>
              {blocks.length === 0 && !editing ? (
                <EmptyState
                  icon={<DocumentDataRegular />}
                  title={t('empty.title')}
                  text={t(canWrite ? 'empty.text' : 'empty.textReader')}
                  actions={
                    canWrite && (
                      <Button appearance="primary" icon={<EditRegular />} onClick={() => edit(true)}>
                        {t('empty.start')}
                      </Button>
                    )
                  }
                />
              ) : editing ? (
                <EditBlocks workspace={report.workspace} saver={saver} blocks={blocks} />
              ) : (
                <ReadBlocks blocks={blocks} />
              )}
            </article>
          </div>
        </div>
      </RunColorsProvider>
    </PrintingProvider>
  );
}

/** Two people have changed the same block: nothing is overwritten until somebody chooses. */
function Clash({ saver, state }: { saver: ReportSaver; state: SaverState }) {
  const { t } = useTranslation('reports');
  return (
    <MessageBar intent="warning" layout="multiline" className={styles.clash}>
      <MessageBarBody>
        <MessageBarTitle>{t('clash.title', { name: state.by, count: state.clashes })}</MessageBarTitle>
        {t('clash.text')}
      </MessageBarBody>
      <MessageBarActions>
        {(['both', 'mine', 'theirs'] as const).map((choice) => (
          <Button key={choice} appearance={choice === 'both' ? 'primary' : 'secondary'} onClick={() => saver.choose(choice)}>
            {t(`clash.${choice}`)}
          </Button>
        ))}
      </MessageBarActions>
    </MessageBar>
  );
}
