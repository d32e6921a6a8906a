/** Settings of a workspace, beside its page: General, Environment, Mounts and Storage. */
import { Tab, TabList } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Workspace } from '../../api/schema';
import { SidePanel } from '../../parts/SidePanel';
import { EnvironmentSettings } from './EnvironmentSettings';
import { GeneralSettings } from './GeneralSettings';
import { MountSettings } from './MountSettings';
import { StorageSettings } from './StorageSettings';
import styles from './WorkspaceSettings.module.css';

const TABS = ['general', 'environment', 'mounts', 'storage'] as const;

interface Props {
  workspace: Workspace;
  /** From the address; null: closed. */
  tab: string | null;
  onTab: (tab: string) => void;
  onClose: () => void;
}

export function WorkspaceSettings({ workspace, tab, onTab, onClose }: Props) {
  const { t } = useTranslation('settings');
  const shown = TABS.find((one) => one === tab) ?? 'general';
  return (
    <SidePanel open={tab !== null} title={t('title')} onClose={onClose} width={520}>
      <TabList
        className={styles.tabs}
        selectedValue={shown}
        onTabSelect={(_, { value }) => {
          if (typeof value === 'string') onTab(value);
        }}
      >
        {TABS.map((one) => (
          <Tab key={one} value={one}>
            {t(`${one}.title`)}
          </Tab>
        ))}
      </TabList>
      {tab !== null && shown === 'general' && <GeneralSettings key={workspace.id} workspace={workspace} />}
      {tab !== null && shown === 'environment' && <EnvironmentSettings key={workspace.id} workspace={workspace} />}
      {tab !== null && shown === 'mounts' && <MountSettings workspace={workspace} />}
      {tab !== null && shown === 'storage' && <StorageSettings key={workspace.id} workspace={workspace} />}
    </SidePanel>
  );
}
