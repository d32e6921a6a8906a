/** The code that reads a version of a table: Spark, SQL and pandas. */
import { useTranslation } from 'react-i18next';
import type { LakeTableDetail } from '../../api/schema';
import { pandasOf, pythonOf, sqlOf } from '../../lib/lakeCode';
import { SectionHeading } from '../../parts/SectionHeading';
import { CodeBlock } from '../../parts/tags/CodeBlock';
import styles from './TableCode.module.css';

const KINDS = [
  ['python', pythonOf],
  ['sql', sqlOf],
  ['pandas', pandasOf],
] as const;

/** `version` is null for whatever is the newest when the code runs. */
export function TableCode({ detail, version }: { detail: LakeTableDetail; version: number | null }) {
  const { t } = useTranslation('tables');
  return (
    <div className={styles.code}>
      {KINDS.map(([kind, code]) => (
        <section key={kind} aria-label={t(`code.${kind}`)}>
          <SectionHeading>{t(`code.${kind}`)}</SectionHeading>
          <CodeBlock code={code(detail, version)} label={t('copyCode')} />
        </section>
      ))}
    </div>
  );
}

/** The query of a view. */
export function ViewDefinition({ detail }: { detail: LakeTableDetail }) {
  const { t } = useTranslation('tables');
  return (
    <div className={styles.code}>
      <section aria-label={t('definition')}>
        <SectionHeading>{t('definition')}</SectionHeading>
        <CodeBlock code={detail.definition} label={t('copyCode')} />
      </section>
    </div>
  );
}
