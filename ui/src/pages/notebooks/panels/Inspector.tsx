/** What the kernel, or without a free one the server's analysis, knows of the name at the cursor (Shift+Tab). */
import { Button } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { renderText } from '@jupyterlab/rendermime';
import { explain } from '../lab/explanation';
import type { NotebookHost } from '../lab/notebookHost';
import styles from './Inspector.module.css';
import { breakLongLines } from '../../../lib/longLines';

type Answer = { kind: 'asking' } | { kind: 'text'; text: string } | { kind: 'none' };

async function inspect(host: NotebookHost): Promise<Answer> {
  const editor = host.panel.content.activeCell?.editor;
  const text = editor ? await explain(host, editor, editor.getOffsetAt(editor.getCursorPosition())) : '';
  return text ? { kind: 'text', text } : { kind: 'none' };
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
    const shown = body.current;
    void renderText({ host: shown, sanitizer, source: answer.text }).then(() => breakLongLines(shown));
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
