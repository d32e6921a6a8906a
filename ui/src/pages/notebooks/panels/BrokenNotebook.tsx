/** The file is there but no notebook can be made of it, or it is not there: why, and ways on. */
import { Button } from '@fluentui/react-components';
import { ArrowDownloadRegular, DocumentErrorRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { path } from '../../../api/client';
import type { Notebook } from '../../../api/schema';
import { errorDetail } from '../../../lib/errors';
import { saveFile } from '../../../lib/fileSave';
import { served } from '../../../lib/pathPrefix';
import { EmptyState } from '../../../parts/EmptyState';
import { salvage, toDocument } from '../salvage';
import { useCreateFree } from '../useSaveCopy';
import { LongText } from '../../../parts/LongText';
import styles from './BrokenNotebook.module.css';

interface Props {
  record: Notebook;
  error: unknown;
  onRetry: () => void;
}

function statusOf(error: unknown): number {
  if (!(error instanceof Error) || !('response' in error)) return 0;
  return error.response instanceof Response ? error.response.status : 0;
}

async function readRaw(record: Notebook): Promise<Blob> {
  const file = record.path.split('/').map(encodeURIComponent).join('/');
  const reply = await fetch(served(`/jupyter/files/${file}`), { credentials: 'same-origin', cache: 'no-store' });
  if (!reply.ok) throw new Error(`${reply.status} ${reply.statusText}`);
  return reply.blob();
}

export function BrokenNotebook({ record, error, onRetry }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const navigate = useNavigate();
  const createFree = useCreateFree();
  const [failure, setFailure] = useState<unknown>(null);
  const [raw, setRaw] = useState<string | null>(null);
  const status = statusOf(error);
  const broken = status === 400 || status === 422;
  // Jupyter's words on a broken file are a dump of its first characters: the raw text says it better
  const reason = failure ?? (broken ? null : error);
  const kind = broken ? 'broken' : status === 404 ? 'missing' : 'unread';

  const attempt = async (action: () => Promise<unknown>) => {
    setFailure(null);
    await action().catch(setFailure);
  };
  const restore = async () => {
    const cells = broken ? salvage(await (await readRaw(record)).text()) : [];
    const nameOf = (n: number) => t(n === 1 ? 'broken.name' : 'broken.nameN', { name: record.name, n });
    const made = await createFree(record.workspace, nameOf, toDocument(cells));
    await navigate(path`/workspaces/${made.workspace}/notebooks/${made.id}`);
  };
  return (
    <div role="alert" className={styles.page}>
      <EmptyState
        icon={<DocumentErrorRegular />}
        title={t(`broken.${kind}`, { name: record.name })}
        text={`${t(`broken.${kind}Text`)} ${reason === null ? '' : errorDetail(reason)}`.trim()}
        actions={
          <>
            {broken && (
              <>
                <Button appearance="primary" onClick={() => void attempt(restore)}>
                  {t('broken.restore')}
                </Button>
                <Button
                  icon={<ArrowDownloadRegular />}
                  onClick={() => void attempt(async () => saveFile(`${record.name}.ipynb`, await readRaw(record)))}
                >
                  {t('broken.download')}
                </Button>
                <Button onClick={() => void attempt(async () => setRaw(await (await readRaw(record)).text()))}>
                  {t('broken.raw')}
                </Button>
              </>
            )}
            <Button onClick={onRetry}>{t('shell:retry')}</Button>
          </>
        }
      />
      {raw !== null && (
        <pre className={styles.raw} tabIndex={0}>
          <LongText text={raw} />
        </pre>
      )}
    </div>
  );
}
