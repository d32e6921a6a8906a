/** The card of the tutorial: large until it was opened once, then one line. */
import { Button, Link } from '@fluentui/react-components';
import { BookOpenRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStoredList } from '../../lib/stored';
import styles from './TutorialCard.module.css';
import { Threads } from './Threads';
import { TUTORIAL_DONE, TutorialDialog } from './TutorialDialog';

export function TutorialCard() {
  const { t } = useTranslation('home');
  const [open, setOpen] = useState(false);
  const [done] = useStoredList(TUTORIAL_DONE);
  return (
    <>
      {done.length ? (
        <p className={styles.small}>
          <BookOpenRegular fontSize={20} aria-hidden />
          <Link as="button" onClick={() => setOpen(true)}>
            {t('tutorial.again')}
          </Link>
        </p>
      ) : (
        <section className={styles.tutorial} aria-label={t('tutorial.title')}>
          <div className={styles.tutorialWords}>
            <h2>{t('tutorial.title')}</h2>
            <p>{t('tutorial.text')}</p>
            <Button appearance="primary" icon={<BookOpenRegular />} onClick={() => setOpen(true)}>
              {t('tutorial.open')}
            </Button>
          </div>
          <Threads />
        </section>
      )}
      <TutorialDialog open={open} onClose={() => setOpen(false)} />
    </>
  );
}
