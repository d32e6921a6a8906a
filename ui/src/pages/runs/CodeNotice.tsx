/** Says that the code of a run was not committed, with what differed from the commit. */
import { Link, MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunDetail } from '../../api/schema';
import styles from './CodeNotice.module.css';
import { codeChangesOf } from './codeTag';
import { LongText } from '../../parts/LongText';

const NAMED = 5;

export function CodeNotice({ detail }: { detail: RunDetail }) {
  const { t } = useTranslation('runs');
  const [open, setOpen] = useState(false);
  const changes = codeChangesOf(detail.system_tags);
  if (!changes?.count) return null;
  const more = changes.count - Math.min(NAMED, changes.files.length);
  return (
    <MessageBar intent="warning" layout="multiline" className={styles.bar}>
      <MessageBarBody>
        <MessageBarTitle>{t('code.title')}</MessageBarTitle>{' '}
        {t('code.files', { count: changes.count, commit: changes.commit.slice(0, 8) })}{' '}
        <span className={styles.files}>{changes.files.slice(0, NAMED).join(', ')}</span>
        {more > 0 && ` ${t('code.more', { count: more })}`}.{' '}
        <Link as="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? 'code.hide' : 'code.show')}
        </Link>
        {open &&
          (changes.diff ? (
            <>
              <pre className={styles.diff} tabIndex={0}>
                <LongText text={changes.diff} />
              </pre>
              {changes.cut && <p className={styles.cut}>{t('code.cut')}</p>}
            </>
          ) : (
            <p className={styles.cut}>{t('code.untracked')}</p>
          ))}
      </MessageBarBody>
    </MessageBar>
  );
}
