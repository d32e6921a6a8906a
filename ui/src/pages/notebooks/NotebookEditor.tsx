/** Opens the notebook and shows what came of it. */
import { useTranslation } from 'react-i18next';
import { useEffect } from 'react';
import type { Notebook } from '../../api/schema';
import { Editor } from './Editor';
import { BrokenNotebook } from './panels/BrokenNotebook';
import { Loading } from './panels/Loading';
import { useNotebookHost } from './useNotebookHost';
import { useThemeOnBody } from './useThemeOnBody';

interface Props {
  record: Notebook;
  me: string;
  /** The server says that the notebook is no more. */
  gone: boolean;
}

export function NotebookEditor({ record, me, gone }: Props) {
  useThemeOnBody();
  const { i18n } = useTranslation();
  const { opening, retry } = useNotebookHost(record, me);
  const host = opening.kind === 'open' ? opening.host : null;
  useEffect(() => {
    if (gone) host?.saver.markGone();
  }, [gone, host]);
  // JupyterLab's own words are drawn once: draw them again in the new language
  useEffect(() => host?.panel.content.update(), [host, i18n.language]);

  switch (opening.kind) {
    case 'loading':
      return <Loading title={record.name} />;
    case 'failed':
      return <BrokenNotebook record={record} error={opening.error} onRetry={retry} />;
    case 'open':
      return <Editor record={record} host={opening.host} me={me} />;
  }
}
