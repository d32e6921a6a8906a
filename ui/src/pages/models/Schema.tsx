/** The signature of a version: inputs and outputs. */
import { useTranslation } from 'react-i18next';
import type { SchemaColumn } from '../../api/schema';
import { SectionHeading } from '../../parts/SectionHeading';
import styles from './Schema.module.css';

export function Schema({ inputs, outputs }: { inputs: SchemaColumn[] | null; outputs: SchemaColumn[] | null }) {
  const { t } = useTranslation('models');
  return (
    <section aria-label={t('schema.title')}>
      <SectionHeading>{t('schema.title')}</SectionHeading>
      {inputs === null && outputs === null ? (
        <p className={styles.none}>{t('schema.none')}</p>
      ) : (
        <>
          <Columns title={t('schema.inputs', { count: inputs?.length ?? 0 })} columns={inputs ?? []} />
          <Columns title={t('schema.outputs', { count: outputs?.length ?? 0 })} columns={outputs ?? []} />
        </>
      )}
    </section>
  );
}

function Columns({ title, columns }: { title: string; columns: SchemaColumn[] }) {
  const { t } = useTranslation('models');
  return (
    <table className={styles.table}>
      <caption>{title}</caption>
      <tbody>
        {columns.map((column, at) => (
          <tr key={at}>
            <td title={column.name ?? undefined}>{column.name ?? t('schema.unnamed')}</td>
            <td className={styles.type} title={column.type}>
              {column.type}
              {!column.required && ` · ${t('schema.optional')}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
