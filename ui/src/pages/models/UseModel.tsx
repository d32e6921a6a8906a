/** "Use this model": its URI, and code that loads it and predicts. */
import { useTranslation } from 'react-i18next';
import { path } from '../../api/client';
import type { VersionDetail } from '../../api/schema';
import { modelSnippet } from '../../lib/modelSnippet';
import { fullAddress } from '../../lib/pathPrefix';
import { SectionHeading } from '../../parts/SectionHeading';
import { CodeBlock } from '../../parts/tags/CodeBlock';
import { CopyButton } from '../../parts/tags/CopyButton';
import styles from './UseModel.module.css';

export function UseModel({ workspace, detail }: { workspace: string; detail: VersionDetail }) {
  const { t } = useTranslation('models');
  const tracking = fullAddress(path`/mlflow/${workspace}`);
  return (
    <section aria-label={t('use.title')}>
      <SectionHeading>{t('use.title')}</SectionHeading>
      <div className={styles.uri}>
        <span className="hl-line" title={detail.model_uri}>
          {detail.model_uri}
        </span>
        <CopyButton text={detail.model_uri} label={t('use.copyUri')} />
      </div>
      <CodeBlock code={modelSnippet(detail.model_uri, tracking, detail.inputs)} label={t('copyCode')} />
    </section>
  );
}
