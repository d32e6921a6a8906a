/** The left bar: Home, Create, Workspaces, then the current workspace and the open notebooks. */
import { AddCircleFilled, AddCircleRegular, HomeFilled, HomeRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import styles from './Rail.module.css';
import { RailPlaces } from './RailPlaces';
import { WorkspacesFlyout } from './WorkspacesFlyout';

interface EntryProps {
  to: string;
  icon: ReactNode;
  activeIcon: ReactNode;
  label: string;
}

function Entry({ to, icon, activeIcon, label }: EntryProps) {
  return (
    <NavLink to={to} end className={({ isActive }) => `${styles.entry} ${isActive ? styles.active : ''}`}>
      {({ isActive }) => (
        <>
          <span className={styles.icon}>{isActive ? activeIcon : icon}</span>
          <span className={styles.label}>{label}</span>
        </>
      )}
    </NavLink>
  );
}

export function Rail() {
  const { t } = useTranslation('shell');
  return (
    <div className={styles.rail}>
      <Entry to="/" icon={<HomeRegular />} activeIcon={<HomeFilled />} label={t('home')} />
      <Entry to="/create" icon={<AddCircleRegular />} activeIcon={<AddCircleFilled />} label={t('create')} />
      <WorkspacesFlyout />
      <RailPlaces />
    </div>
  );
}
