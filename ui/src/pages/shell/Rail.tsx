/** The left bar: Home, Create, Workspaces, then the current workspace and the open notebooks. */
import { AddCircleFilled, AddCircleRegular, HomeFilled, HomeRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import styles from './Rail.module.css';
import { RailLink } from './RailEntry';
import { RailPlaces } from './RailPlaces';
import { WorkspacesFlyout } from './WorkspacesFlyout';

export function Rail() {
  const { t } = useTranslation('shell');
  return (
    <div className={styles.rail}>
      <RailLink to="/" icon={<HomeRegular />} activeIcon={<HomeFilled />} label={t('home')} />
      <RailLink to="/create" icon={<AddCircleRegular />} activeIcon={<AddCircleFilled />} label={t('create')} />
      <WorkspacesFlyout />
      <RailPlaces />
    </div>
  );
}
