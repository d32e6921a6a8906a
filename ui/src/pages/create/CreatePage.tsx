/** The page Create: kinds of items by section. */
import { AddCircleRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Item } from '../../api/schema';
import { KindIcon } from '../../parts/KindIcon';
import { PageHeader } from '../../parts/PageHeader';
import styles from './CreatePage.module.css';
import { CreateDialog } from './CreateDialog';

const KINDS: Item['kind'][] = ['notebook', 'experiment', 'model', 'report'];

export default function CreatePage() {
  const { t } = useTranslation(['home', 'shell']);
  const [kind, setKind] = useState<Item['kind'] | null>(null);
  return (
    <>
      <PageHeader title={t('home:create.title')} icon={<AddCircleRegular />} />
      <section className={styles.section} aria-labelledby="data-science">
        <h2 id="data-science">{t('home:create.dataScience')}</h2>
        <p>{t('home:create.text')}</p>
        <div className={styles.cards}>
          {KINDS.map((one) => (
            <button key={one} type="button" className={styles.card} onClick={() => setKind(one)}>
              <KindIcon kind={one} size={32} />
              <span className={styles.name}>{t(`shell:kinds.${one}`)}</span>
              <span className={styles.text}>{t(`home:create.${one}`)}</span>
            </button>
          ))}
        </div>
      </section>
      {kind && <CreateDialog kind={kind} onClose={() => setKind(null)} />}
    </>
  );
}
