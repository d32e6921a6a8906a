/** The console below the notebook: type code for its session without adding cells. */
import { Button, Tooltip } from '@fluentui/react-components';
import { DeleteRegular, DismissRegular } from '@fluentui/react-icons';
import { useLayoutEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NotebookHost } from '../lab/notebookHost';
import styles from './ConsolePane.module.css';

interface Props {
  host: NotebookHost;
  onClose: () => void;
}

const LEAST = 120;
const STEP = 24;

export function ConsolePane({ host, onClose }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const element = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(240);
  useLayoutEffect(() => (element.current ? host.console.attach(element.current) : undefined), [host]);
  const resize = (to: number) => setHeight(Math.max(LEAST, Math.min(to, window.innerHeight - 260)));
  return (
    <section className={styles.console} aria-label={t('notebooks:console.title')} style={{ height }} data-chrome>
      <div
        role="separator"
        aria-orientation="horizontal"
        aria-label={t('notebooks:console.height')}
        aria-valuenow={height}
        tabIndex={0}
        className={styles.handle}
        onKeyDown={(event) => {
          if (event.key === 'ArrowUp') resize(height + STEP);
          else if (event.key === 'ArrowDown') resize(height - STEP);
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) resize(height - event.movementY);
        }}
      />
      <header className={styles.head}>
        <h2 className={styles.title}>{t('notebooks:console.title')}</h2>
        <span className={`${styles.hint} hl-line`}>{t('notebooks:console.hint')}</span>
        <Tooltip content={t('notebooks:console.clear')} relationship="label">
          <Button size="small" appearance="subtle" icon={<DeleteRegular />} onClick={() => host.console.clear()} />
        </Tooltip>
        <Tooltip content={t('shell:close')} relationship="label">
          <Button size="small" appearance="subtle" icon={<DismissRegular />} onClick={onClose} />
        </Tooltip>
      </header>
      <div ref={element} className={`${styles.body} jp-Notebook`} />
    </section>
  );
}
