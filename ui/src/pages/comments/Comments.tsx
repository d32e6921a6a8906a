/** The comments on a run or notebook: open threads, resolved ones on demand, and the field for a new one. */
import { Button, Spinner } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useThreads, useWriteComment, type CommentTarget } from '../../api/comments';
import { ErrorState } from '../../parts/ErrorState';
import { CommentBox } from './CommentBox';
import styles from './Comments.module.css';
import { CommentThread } from './CommentThread';

export function Comments({ target }: { target: CommentTarget }) {
  const { t } = useTranslation('comments');
  const { data, error, refetch } = useThreads(target);
  const write = useWriteComment(target);
  const [resolvedToo, setResolvedToo] = useState(false);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Spinner size="small" aria-label={t('loading')} />;
  const open = data.threads.filter((thread) => thread.resolved_at === null);
  const resolved = data.threads.length - open.length;
  const shown = resolvedToo ? data.threads : open;
  return (
    <div className={styles.comments}>
      {resolved > 0 && (
        <Button size="small" appearance="subtle" className={styles.toggle} onClick={() => setResolvedToo(!resolvedToo)}>
          {resolvedToo ? t('hideResolved') : t('showResolved', { count: resolved })}
        </Button>
      )}
      {shown.length === 0 && <p className={styles.none}>{t('none')}</p>}
      {shown.map((thread) => (
        <CommentThread key={thread.first.id} target={target} thread={thread} people={data.people} />
      ))}
      <CommentBox
        label={t('new')}
        submitLabel={t('submit')}
        people={data.people}
        error={write.error}
        onSubmit={(text) => write.mutateAsync({ text, thread: null })}
      />
    </div>
  );
}
