/** The top bar: logo, breadcrumbs, search, notifications, account. */
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Logo } from '../../parts/Logo';
import { Bell } from './Bell';
import { Crumbs } from './Crumbs';
import { Search } from './Search';
import styles from './TopBar.module.css';
import { UserMenu } from './UserMenu';

export function TopBar() {
  const { t } = useTranslation('shell');
  return (
    <header className={styles.bar}>
      <div className={styles.left}>
        <Link to="/" className={styles.brand}>
          <Logo />
          {t('product')}
        </Link>
        <Crumbs />
      </div>
      <Search />
      <div className={styles.right}>
        <Bell />
        <UserMenu />
      </div>
    </header>
  );
}
