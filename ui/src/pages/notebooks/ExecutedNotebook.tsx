/** A notebook that was executed as a whole, with its outputs; it can be read and copied from. */
import { useLayoutEffect, useRef } from 'react';
import styles from './ExecutedNotebook.module.css';
import { drawExecutedNotebook } from './lab/executedNotebook';
import { useThemeOnBody } from './useThemeOnBody';

interface Props {
  notebook: string;
  document: Record<string, unknown>;
}

export default function ExecutedNotebook({ notebook, document }: Props) {
  useThemeOnBody();
  const host = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (!host.current) return undefined;
    return drawExecutedNotebook(host.current, notebook, document);
  }, [notebook, document]);
  return <div ref={host} className={styles.host} data-executed />;
}
