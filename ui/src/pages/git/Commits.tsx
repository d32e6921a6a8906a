/** The commits of a workspace, newest first. */
import { Button, Spinner } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useGitCommits } from '../../api/git';
import { FailureBar } from '../../parts/FailureBar';
import { RelativeTime } from '../../parts/RelativeTime';
import { SectionHeading } from '../../parts/SectionHeading';
import styles from './Commits.module.css';

interface Props {
  workspace: string;
  /** Whether there is a commit. */
  any: boolean;
  onShow: (commit: string) => void;
}

export function Commits({ workspace, any, onShow }: Props) {
  const { t } = useTranslation('git');
  const { data, error, isFetching, hasNextPage, fetchNextPage } = useGitCommits(workspace, any);
  const commits = any ? (data?.pages.flatMap((page) => page.commits) ?? []) : [];
  return (
    <section className={styles.commits} aria-label={t('history')}>
      <SectionHeading>{t('history')}</SectionHeading>
      <FailureBar error={error} />
      {!any && <p className={styles.none}>{t('noCommits')}</p>}
      <ul className={styles.list}>
        {commits.map((one) => (
          <li key={one.id}>
            <button type="button" className={styles.commit} onClick={() => onShow(one.id)}>
              <span className="hl-line">{one.message.split('\n')[0]}</span>
              <span className={styles.facts}>
                <code>{one.id.slice(0, 7)}</code>
                <span className="hl-line">{one.author}</span>
                <RelativeTime at={one.at} />
              </span>
            </button>
          </li>
        ))}
        {hasNextPage && (
          <li>
            <Button size="small" appearance="subtle" disabled={isFetching} onClick={() => void fetchNextPage()}>
              {t('older')}
            </Button>
          </li>
        )}
      </ul>
      {any && isFetching && !data && <Spinner size="tiny" />}
    </section>
  );
}
