/** One thread: its comments, replying, and resolving it. */
import { Button, Link, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { ArrowUndoRegular, CheckmarkRegular, MoreHorizontalRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeComment, useDeleteComment, useWriteComment, type CommentTarget } from '../../api/comments';
import { useMe } from '../../api/me';
import type { Comment, Mentionable, Thread } from '../../api/schema';
import { useWorkspace } from '../../api/workspaces';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FailureBar } from '../../parts/FailureBar';
import { RelativeTime } from '../../parts/RelativeTime';
import { CommentBox } from './CommentBox';
import styles from './CommentThread.module.css';
import { pieces } from './mentions';

interface Props {
  target: CommentTarget;
  people: Mentionable[];
}

function Text({ text, people }: { text: string; people: Mentionable[] }) {
  return (
    <p className={styles.text}>
      {pieces(text, people).map((piece, at) => (piece.mention ? <b key={at} className={styles.mention}>{piece.text}</b> : piece.text))}
    </p>
  );
}

function OneComment({ target, people, comment }: Props & { comment: Comment }) {
  const { t } = useTranslation('comments');
  const me = useMe().data?.user;
  const admin = useWorkspace(target.workspace).data?.role === 'admin';
  const change = useChangeComment(target);
  const remove = useDeleteComment(target);
  const [editing, setEditing] = useState(false);
  const [removing, setRemoving] = useState(false);
  const mine = comment.author === me?.id;
  if (comment.deleted) return <p className={styles.deleted}>{t('deleted')}</p>;
  return (
    <div className={styles.comment}>
      <div className={styles.head}>
        <b className="hl-line">{comment.author_name}</b>
        <span className={styles.faint}>
          <RelativeTime at={comment.created_at} />
          {comment.edited_at !== null && ` · ${t('edited')}`}
        </span>
        <span className={styles.gap} />
        {(mine || admin) && (
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Button size="small" appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={t('more', { name: comment.author_name })} />
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                {mine && <MenuItem onClick={() => setEditing(true)}>{t('edit')}</MenuItem>}
                <MenuItem onClick={() => setRemoving(true)}>{t('delete')}</MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
        )}
      </div>
      {editing ? (
        <CommentBox
          label={t('edit')}
          submitLabel={t('save')}
          initial={comment.text}
          people={people}
          error={change.error}
          onSubmit={async (text) => {
            await change.mutateAsync({ comment: comment.id, text });
            setEditing(false);
          }}
          onCancel={() => setEditing(false)}
        />
      ) : (
        <Text text={comment.text} people={people} />
      )}
      <ConfirmDialog
        open={removing}
        danger
        title={t('deleteTitle')}
        confirmLabel={t('delete')}
        onConfirm={() => remove.mutateAsync(comment.id)}
        onClose={() => setRemoving(false)}
      >
        {t('deleteText')}
      </ConfirmDialog>
    </div>
  );
}

export function CommentThread({ target, people, thread }: Props & { thread: Thread }) {
  const { t } = useTranslation('comments');
  const write = useWriteComment(target);
  const change = useChangeComment(target);
  const [replying, setReplying] = useState(false);
  const { first, replies } = thread;
  const resolved = thread.resolved_at !== null;
  return (
    <article className={styles.thread} aria-label={t('thread', { name: first.author_name })}>
      <OneComment target={target} people={people} comment={first} />
      {replies.length > 0 && (
        <div className={styles.replies}>
          {replies.map((reply) => (
            <OneComment key={reply.id} target={target} people={people} comment={reply} />
          ))}
        </div>
      )}
      {thread.resolved_at !== null && (
        <p className={styles.faint}>
          {t('resolvedBy', { name: thread.resolved_by })} <RelativeTime at={thread.resolved_at} />
        </p>
      )}
      <FailureBar error={change.error} />
      {replying ? (
        <CommentBox
          label={t('reply')}
          submitLabel={t('reply')}
          people={people}
          error={write.error}
          onSubmit={async (text) => {
            await write.mutateAsync({ text, thread: first.id });
            setReplying(false);
          }}
          onCancel={() => setReplying(false)}
        />
      ) : (
        <div className={styles.actions}>
          <Link as="button" onClick={() => setReplying(true)}>
            {t('reply')}
          </Link>
          <Button
            size="small"
            appearance="subtle"
            icon={resolved ? <ArrowUndoRegular /> : <CheckmarkRegular />}
            disabled={change.isPending}
            onClick={() => change.mutate({ comment: first.id, resolved: !resolved })}
          >
            {t(resolved ? 'reopen' : 'resolve')}
          </Button>
        </div>
      )}
    </article>
  );
}
