/** The page Home: tutorial, recent items and workspaces. */
import { Button } from '@fluentui/react-components';
import { AddRegular, HistoryRegular, StackRegular } from '@fluentui/react-icons';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate } from 'react-router';
import { path } from '../../api/client';
import { itemPath, useRecent } from '../../api/items';
import { useMe } from '../../api/me';
import { useWorkspaces } from '../../api/workspaces';
import { EmptyState } from '../../parts/EmptyState';
import { ErrorState } from '../../parts/ErrorState';
import { KindIcon } from '../../parts/KindIcon';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { NewWorkspacePanel } from '../workspaces/NewWorkspacePanel';
import styles from './HomePage.module.css';
import { TutorialCard } from './TutorialCard';

const SHOWN = 8;

function greeting(hour: number): 'morning' | 'afternoon' | 'evening' {
  if (hour >= 5 && hour < 12) return 'morning';
  return hour >= 12 && hour < 18 ? 'afternoon' : 'evening';
}

function Section({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.section} aria-label={title}>
      <div className={styles.sectionHead}>
        <h2>{title}</h2>
        {more}
      </div>
      {children}
    </section>
  );
}

function Recent() {
  const { t } = useTranslation(['home', 'shell']);
  const { data, error, refetch } = useRecent();
  const navigate = useNavigate();
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton rows={5} columns={3} rowHeight={44} />;
  if (!data.length) {
    return (
      <EmptyState
        icon={<HistoryRegular />}
        title={t('home:recent.empty')}
        text={t('home:recent.emptyText')}
        actions={<Button onClick={() => void navigate('/create')}>{t('shell:create')}</Button>}
      />
    );
  }
  return (
    <ul className={styles.recent}>
      {data.map((item) => (
        <li key={`${item.workspace} ${item.kind} ${item.id}`}>
          <Link to={itemPath(item)} className={styles.item}>
            <KindIcon kind={item.kind} />
            <span className={styles.name}>
              <MiddleEllipsis text={item.name} />
            </span>
            <span className={styles.kind}>{t(`shell:kinds.${item.kind}`)}</span>
            <span className={styles.place}>
              <MiddleEllipsis text={item.workspace_name} />
            </span>
            <span className={styles.when}>
              <RelativeTime at={item.modified_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function WorkspaceCards() {
  const { data, error, refetch } = useWorkspaces();
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton rows={2} columns={3} rowHeight={64} />;
  const newest = [...data].sort((a, b) => b.modified_at - a.modified_at).slice(0, SHOWN);
  return (
    <ul className={styles.cards}>
      {newest.map((workspace) => (
        <li key={workspace.id}>
          <Link to={path`/workspaces/${workspace.id}`} className={styles.card}>
            <KindIcon kind="workspace" size={24} />
            <span className={styles.cardWords}>
              <span className={styles.name}>
                <MiddleEllipsis text={workspace.name} />
              </span>
              <span className={`${styles.faint} hl-line`} title={workspace.description}>
                {workspace.description || <RelativeTime at={workspace.modified_at} />}
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

export default function HomePage() {
  const { t } = useTranslation(['home', 'shell']);
  const user = useMe().data?.user;
  const name = user?.display_name || user?.name;
  const [creating, setCreating] = useState(false);
  return (
    <div className={styles.page}>
      <div className={styles.inner}>
        <h1 className={styles.greeting}>
          {/* The line keeps its height until the name is known. */}
          {name ? t(`home:greeting.${greeting(new Date().getHours())}`, { name }) : '\u00A0'}
        </h1>
        <TutorialCard />
        <Section title={t('home:recent.title')}>
          <Recent />
        </Section>
        <Section
          title={t('shell:workspaces')}
          more={
            <span className={styles.more}>
              <Button size="small" icon={<AddRegular />} onClick={() => setCreating(true)}>
                {t('shell:flyout.new')}
              </Button>
              <Link to="/workspaces" className={styles.all}>
                <StackRegular aria-hidden /> {t('shell:flyout.all')}
              </Link>
            </span>
          }
        >
          <WorkspaceCards />
        </Section>
      </div>
      <NewWorkspacePanel open={creating} onClose={() => setCreating(false)} />
    </div>
  );
}
