/** What the kernel, or without a free one the server's analysis, knows of the name at the cursor (Shift+Tab). */
import { Button } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { renderText } from '@jupyterlab/rendermime';
import type { NotebookHost } from '../lab/notebookHost';
import styles from './Inspector.module.css';

type Answer = { kind: 'asking' } | { kind: 'text'; text: string } | { kind: 'none' };

function textOf(data: object): string {
  return String(Object.entries(data).find(([type]) => type === 'text/plain')?.[1] ?? '');
}

async function inspect({ panel, analysis }: NotebookHost): Promise<Answer> {
  const editor = panel.content.activeCell?.editor;
  const kernel = panel.sessionContext.session?.kernel;
  if (!editor) return { kind: 'none' };
  if (!kernel || kernel.status !== 'idle') {
    const { signature, text } = await analysis.explain(editor);
    const known = [signature && signature !== text ? `${signature}\n` : '', text].filter(Boolean).join('\n');
    return known ? { kind: 'text', text: known } : { kind: 'none' };
  }
  const code = editor.model.sharedModel.getSource();
  const cursor_pos = editor.getOffsetAt(editor.getCursorPosition());
  const { content } = await kernel.requestInspect({ code, cursor_pos, detail_level: 0 });
  return content.status === 'ok' && content.found ? { kind: 'text', text: textOf(content.data) } : { kind: 'none' };
}

export function Inspector({ host, onClose }: { host: NotebookHost; onClose: () => void }) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const [answer, setAnswer] = useState<Answer>({ kind: 'asking' });
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let left = false;
    inspect(host).then(
      (found) => left || setAnswer(found),
      () => left || setAnswer({ kind: 'none' }),
    );
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && onClose();
    window.addEventListener('keydown', onKey, true);
    host.panel.content.activeCellChanged.connect(onClose);
    return () => {
      left = true;
      window.removeEventListener('keydown', onKey, true);
      host.panel.content.activeCellChanged.disconnect(onClose);
    };
  }, [host, onClose]);
  useEffect(() => {
    if (answer.kind !== 'text' || !body.current) return;
    const { sanitizer } = host.panel.content.rendermime;
    void renderText({ host: body.current, sanitizer, source: answer.text });
  }, [answer, host]);
  return (
    <aside className={styles.card} aria-label={t('inspect.label')} data-chrome>
      <Button
        size="small"
        appearance="subtle"
        icon={<DismissRegular />}
        className={styles.close}
        aria-label={t('shell:close')}
        onClick={onClose}
      />
      {answer.kind === 'text' ? <div ref={body} className="jp-RenderedText" /> : <p>{t(`inspect.${answer.kind}`)}</p>}
    </aside>
  );
}
