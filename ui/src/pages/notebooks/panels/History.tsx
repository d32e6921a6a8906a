/** The versions of the notebook: who saved them and when; a click compares one with the notebook as it is now. */
import { Button, Spinner } from '@fluentui/react-components';
import { BookmarkRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateVersion, useVersions } from '../../../api/notebooks';
import type { Notebook, NotebookVersion } from '../../../api/schema';
import { formatDate } from '../../../lib/format';
import { FailureBar } from '../../../parts/FailureBar';
import { RelativeTime } from '../../../parts/RelativeTime';
import { useEditorActions } from '../EditorActions';
import { versionName } from '../history';
import type { NotebookHost } from '../lab/notebookHost';
import styles from './History.module.css';
import { VersionDialog } from './VersionDialog';
import { VersionName } from './VersionName';

interface Props {
  record: Notebook;
  host: NotebookHost;
}

export function History({ record, host }: Props) {
  const { t, i18n } = useTranslation('notebooks');
  const { canWrite } = useEditorActions();
  const { data: versions, error } = useVersions(record.workspace, record.id);
  const create = useCreateVersion();
  const [shown, setShown] = useState<NotebookVersion | null>(null);
  const [naming, setNaming] = useState(false);
  const keep = async (name: string) => {
    await host.saver.save();
    await create.mutateAsync({ workspace: record.workspace, notebook: record.id, name });
  };
  return (
    <div className={styles.history}>
      {canWrite && (
        <Button size="small" className={styles.keep} icon={<BookmarkRegular />} onClick={() => setNaming(true)}>
          {t('history.keep')}
        </Button>
      )}
      <FailureBar error={error} />
      {!versions && !error && <Spinner size="tiny" />}
      {versions?.length === 0 && <p className={styles.none}>{t('history.none')}</p>}
      <ul className={styles.list} aria-label={t('view.history')}>
        {versions?.map((version) => (
          <li key={version.id}>
            <button type="button" className={styles.version} onClick={() => setShown(version)}>
              <span className={styles.title}>
                {version.name && <BookmarkRegular aria-hidden />}
                <span className="hl-line">{versionName(version.name, t) || formatDate(version.at, i18n.language)}</span>
              </span>
              <span className={styles.facts}>
                <RelativeTime at={version.at} />
                <span className="hl-line">{version.user || t('history.unknown')}</span>
                <span>{t('history.cells', { count: version.cells })}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <p className={styles.none}>{t('history.rule')}</p>
      {naming && <VersionName title={t('history.keep')} initial="" onName={keep} onClose={() => setNaming(false)} />}
      {shown && <VersionDialog record={record} host={host} version={shown} onClose={() => setShown(null)} />}
    </div>
  );
}
