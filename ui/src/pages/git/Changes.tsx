/** Files that differ from the last commit, those to commit, and the message of the commit. */
import { Badge, Button, Checkbox, Field, Input, Spinner, Textarea } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useCommit } from '../../api/git';
import { useMe } from '../../api/me';
import type { GitChange, GitStatus } from '../../api/schema';
import { useNotices } from '../../lib/notices';
import { FailureBar } from '../../parts/FailureBar';
import { SectionHeading } from '../../parts/SectionHeading';
import { KIND_COLORS } from './kinds';
import styles from './Changes.module.css';

interface Props {
  workspace: string;
  status: GitStatus;
  canWrite: boolean;
  onShow: (path: string) => void;
}

/** Rows that are drawn at most; the rest is committed by its number only when it is chosen with all. */
const MOST = 500;
const EMAIL = 'handloom.git.email';

export function Changes({ workspace, status, canWrite, onShow }: Props) {
  const { t } = useTranslation('git');
  const changes = status.changes ?? [];
  // What was chosen or left out by hand; anything else follows the rule that deletions are chosen one by one.
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const isChosen = (one: GitChange) => chosen.get(one.path) ?? one.kind !== 'deleted';
  const picked = changes.filter(isChosen);
  const choose = (paths: string[], on: boolean) => setChosen(new Map([...chosen, ...paths.map((path) => [path, on] as const)]));
  return (
    <section className={styles.changes} aria-label={t('changes')}>
      <div className={styles.head}>
        {canWrite && changes.length > 0 && (
          <Checkbox
            aria-label={t('all')}
            checked={picked.length === changes.length ? true : picked.length ? 'mixed' : false}
            onChange={(_, { checked }) => choose(changes.map(({ path }) => path), checked === true)}
          />
        )}
        <SectionHeading>{t('changesCount', { count: changes.length })}</SectionHeading>
      </div>
      {changes.length === 0 && <p className={styles.none}>{t(status.head ? 'unchanged' : 'nothing')}</p>}
      <ul className={styles.list}>
        {changes.slice(0, MOST).map((one) => (
          <li key={one.path}>
            {canWrite && <Checkbox aria-label={one.path} checked={isChosen(one)} onChange={(_, { checked }) => choose([one.path], checked === true)} />}
            <button type="button" className={styles.path} title={one.path} onClick={() => onShow(one.path)}>
              {one.path}
            </button>
            <Badge appearance="tint" color={KIND_COLORS[one.kind]}>
              {t(`kind.${one.kind}`)}
            </Badge>
          </li>
        ))}
      </ul>
      {changes.length > MOST && <p className={styles.none}>{t('more', { count: changes.length - MOST })}</p>}
      {canWrite && changes.length > 0 && <CommitForm workspace={workspace} status={status} picked={picked} onDone={() => setChosen(new Map())} />}
    </section>
  );
}

function CommitForm({ workspace, status, picked, onDone }: { workspace: string; status: GitStatus; picked: GitChange[]; onDone: () => void }) {
  const { t } = useTranslation('git');
  const { notify } = useNotices();
  const me = useMe().data?.user;
  const commit = useCommit();
  const [message, setMessage] = useState('');
  const [author, setAuthor] = useState<string | null>(null);
  const [email, setEmail] = useState(() => localStorage.getItem(EMAIL) ?? '');
  const ready = message.trim() !== '' && picked.length > 0 && !commit.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    localStorage.setItem(EMAIL, email.trim());
    const files = picked.map(({ path, blob }) => ({ path, blob }));
    commit.mutate(
      { workspace, message, files, author: author ?? '', email: email.trim() },
      {
        onSuccess: () => {
          notify({ intent: 'success', title: t('committed', { count: files.length }) });
          setMessage('');
          onDone();
        },
      },
    );
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Field label={t('message')} required>
        <Textarea
          rows={2}
          resize="vertical"
          value={message}
          onChange={(_, data) => setMessage(data.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event);
          }}
        />
      </Field>
      <div className={styles.author}>
        <Field label={t('author')}>
          <Input value={author ?? me?.display_name ?? ''} onChange={(_, data) => setAuthor(data.value)} />
        </Field>
        <Field label={t('email')}>
          <Input type="email" value={email} placeholder={me?.name.includes('@') ? me.name : ''} onChange={(_, data) => setEmail(data.value)} />
        </Field>
      </div>
      <FailureBar error={commit.error} />
      <div className={styles.submit}>
        <Button type="submit" appearance="primary" disabled={!ready} icon={commit.isPending ? <Spinner size="tiny" /> : undefined}>
          {t('commit', { count: picked.length })}
        </Button>
        <span className={styles.none}>{t(status.remote.keep_outputs ? 'withOutputs' : 'withoutOutputs')}</span>
      </div>
    </form>
  );
}
