/** The left bar: Home, Create, Workspaces, then where the person is. */
import { AddCircleRegular, HomeRegular, StackRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { NavLink } from 'react-router';
import styles from './Rail.module.css';

export function Rail() {
  const { t } = useTranslation('shell');
  const entries = [
    { to: '/', icon: <HomeRegular />, label: t('home') },
    { to: '/create', icon: <AddCircleRegular />, label: t('create') },
    { to: '/workspaces', icon: <StackRegular />, label: t('workspaces') },
  ];
  return (
    <div className={styles.rail}>
      {entries.map((entry) => (
        <NavLink
          key={entry.to}
          to={entry.to}
          end
          className={({ isActive }) => `${styles.entry} ${isActive ? styles.active : ''}`}
        >
          <span className={styles.icon}>{entry.icon}</span>
          <span className={styles.label}>{entry.label}</span>
        </NavLink>
      ))}
    </div>
  );
}
