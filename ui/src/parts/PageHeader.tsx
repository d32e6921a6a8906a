/** The head of a page: icon, title, one line of the description with the rest below it on request, and actions at the right. */
import { Button, Tooltip } from '@fluentui/react-components';
import { ChevronDownRegular, ChevronUpRegular } from '@fluentui/react-icons';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { isMoreThanLine, markdownLine } from '../lib/markdownLine';
import { Markdown } from './Markdown';
import styles from './PageHeader.module.css';

interface Props {
  title: ReactNode;
  icon?: ReactNode;
  /** Markdown. */
  description?: string;
  actions?: ReactNode;
}

export function PageHeader({ title, icon, description, actions }: Props) {
  const { t } = useTranslation('shell');
  const [open, setOpen] = useState(false);
  const hasMore = description ? isMoreThanLine(description) : false;
  return (
    <>
      <header className={styles.header}>
        {icon && <span className={styles.icon}>{icon}</span>}
        <div className={styles.words}>
          <h1 className={`${styles.title} hl-line`} title={typeof title === 'string' ? title : undefined}>
            {title}
          </h1>
          {description && (
            <span className={styles.description}>
              <span className="hl-line" title={hasMore ? undefined : description}>
                {markdownLine(description)}
              </span>
              {hasMore && (
                <Tooltip content={t(open ? 'hideDescription' : 'showDescription')} relationship="label">
                  <Button size="small" appearance="subtle" className={styles.more} icon={open ? <ChevronUpRegular /> : <ChevronDownRegular />} aria-expanded={open} onClick={() => setOpen(!open)} />
                </Tooltip>
              )}
            </span>
          )}
        </div>
        {actions && <div className={styles.actions}>{actions}</div>}
      </header>
      {open && hasMore && description && (
        <section className={styles.full} aria-label={t('description')} tabIndex={0}>
          <Markdown text={description} />
        </section>
      )}
    </>
  );
}
