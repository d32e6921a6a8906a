/** A commit: who made it, its message, and the files that it changed. */
import { Badge, Spinner } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useGitCommit } from '../../api/git';
import { formatDate } from '../../lib/format';
import { FailureBar } from '../../parts/FailureBar';
import { SidePanel } from '../../parts/SidePanel';
import { CopyButton } from '../../parts/tags/CopyButton';
import { KIND_COLORS } from './kinds';
import styles from './CommitPanel.module.css';

interface Props {
  workspace: string;
  /** "" for none. */
  commit: string;
  onShow: (path: string) => void;
  onClose: () => void;
}

export function CommitPanel({ workspace, commit, onShow, onClose }: Props) {
  const { t, i18n } = useTranslation('git');
  const { data, error } = useGitCommit(workspace, commit);
  const [title = '', ...rest] = data?.commit.message.split('\n') ?? [];
  const body = rest.join('\n').trim();
  return (
    <SidePanel open={commit !== ''} title={title || commit.slice(0, 7)} onClose={onClose} width={560}>
      <FailureBar error={error} />
      {!data && !error && <Spinner size="tiny" />}
      {data && (
        <>
          <p className={styles.facts}>
            {t('by', { author: data.commit.author, email: data.commit.email, at: formatDate(data.commit.at, i18n.language) })}
          </p>
          <p className={styles.facts}>
            <code>{data.commit.id}</code>
            <CopyButton text={data.commit.id} label={t('copyId')} />
          </p>
          {body && <p className={styles.body}>{body}</p>}
          <ul className={styles.list} aria-label={t('files')}>
            {data.changes.map((one) => (
              <li key={one.path}>
                <button type="button" className={styles.path} title={one.path} onClick={() => onShow(one.path)}>
                  {one.path}
                </button>
                <Badge appearance="tint" color={KIND_COLORS[one.kind]}>
                  {t(`kind.${one.kind}`)}
                </Badge>
              </li>
            ))}
          </ul>
        </>
      )}
    </SidePanel>
  );
}
