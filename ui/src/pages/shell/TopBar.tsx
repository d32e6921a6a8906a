/** The top bar: the mark, where the person is, search, notices, account. */
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Logo } from '../../parts/Logo';
import styles from './TopBar.module.css';

export function TopBar() {
  const { t } = useTranslation('shell');
  return (
    <header className={styles.bar}>
      <Link to="/" className={styles.brand}>
        <Logo />
        {t('product')}
      </Link>
    </header>
  );
}
