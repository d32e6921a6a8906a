/** A run in detail: header with the action to save a model, and tabs. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tab, TabList, Tooltip } from '@fluentui/react-components';
import { CopyRegular, DeleteRegular, EditRegular, MoreHorizontalRegular } from '@fluentui/react-icons';
import { useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { runFiles } from '../../api/artifacts';
import { path } from '../../api/client';
import type { RunDetail } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { FileBrowser } from '../../parts/files/FileBrowser';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import { RelativeTime } from '../../parts/RelativeTime';
import { Comments } from '../comments/Comments';
import { runTabs, type RunTab } from '../experiments/address';
import { TraceList } from '../traces/TraceList';
import { CodeNotice } from './CodeNotice';
import { Duration } from './Duration';
import { RenameRun } from './RenameRun';
import { ParentLink, useChildren } from './RunFamily';
import { RunMetrics } from './RunMetrics';
import { RunModels } from './RunModels';
import { RunOverview } from './RunOverview';
import { RunStatus } from './RunStatus';
import { RunSystem } from './RunSystem';
import styles from './RunView.module.css';
import { SaveModelCard } from './SaveModelCard';
import { StaleNotice } from './StaleNotice';
import { StopRun } from './StopRun';
import { useRunDeletion } from './useRunDeletion';
import { VersionLinks } from './VersionLinks';

interface Props {
  workspace: string;
  detail: RunDetail;
  tab: RunTab;
  onTab: (tab: RunTab) => void;
  onDeleted: () => void;
}

export function RunView({ workspace, detail, tab, onTab, onDeleted }: Props) {
  const { t } = useTranslation('runs');
  const files = useMemo(() => runFiles(workspace, detail.row.run_id), [workspace, detail.row.run_id]);
  return (
    <>
      <RunHead workspace={workspace} detail={detail} onDeleted={onDeleted} />
      <StaleNotice detail={detail} />
      <CodeNotice detail={detail} />
      <TabList className={styles.tabs} size="small" aria-label={t('tabs.label')} selectedValue={tab} onTabSelect={(_, data) => onTab(runTabs.find((one) => one === data.value) ?? 'overview')}>
        {runTabs.map((one) => (
          <Tab key={one} value={one}>
            {t(`tabs.${one}`)}
          </Tab>
        ))}
      </TabList>
      <div className={styles.body} role="tabpanel" aria-label={t(`tabs.${tab}`)}>
        {tab === 'metrics' ? (
          <RunMetrics workspace={workspace} detail={detail} />
        ) : tab === 'artifacts' ? (
          <FileBrowser source={files} label={t('files.tree')} />
        ) : tab === 'models' ? (
          <RunModels workspace={workspace} detail={detail} />
        ) : tab === 'traces' ? (
          <TraceList workspace={workspace} experiment={detail.row.experiment} run={detail.row.run_id} />
        ) : tab === 'system' ? (
          <RunSystem detail={detail} />
        ) : tab === 'comments' ? (
          <Comments key={detail.row.run_id} target={{ workspace, kind: 'run', id: detail.row.run_id }} />
        ) : (
          <RunOverview workspace={workspace} detail={detail} />
        )}
      </div>
    </>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function RunHead({ workspace, detail, onDeleted }: Pick<Props, 'workspace' | 'detail' | 'onDeleted'>) {
  const { t } = useTranslation(['runs', 'shell']);
  const [renaming, setRenaming] = useState(false);
  const { row } = detail;
  const canWrite = useCanWrite(workspace);
  const { remove, dialog } = useRunDeletion(workspace, onDeleted);
  const children = useChildren(workspace, detail).total;
  return (
    <header className={styles.head}>
      <div className={styles.words}>
        <div className={styles.name}>
          <h2 className={styles.title}>
            <MiddleEllipsis text={row.name} />
          </h2>
          {canWrite && (
            <Tooltip content={t('rename')} relationship="label">
              <Button size="small" appearance="subtle" icon={<EditRegular />} onClick={() => setRenaming(true)} />
            </Tooltip>
          )}
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <Button size="small" appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={t('more')} />
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem icon={<CopyRegular />} onClick={() => void navigator.clipboard.writeText(row.run_id)}>
                  {t('copyId')}
                </MenuItem>
                {canWrite && (
                  <MenuItem icon={<DeleteRegular />} onClick={() => remove([{ ...row, children }])}>
                    {t('delete')}
                  </MenuItem>
                )}
              </MenuList>
            </MenuPopover>
          </Menu>
          {canWrite && (row.status === 'RUNNING' || row.status === 'SCHEDULED') && <StopRun workspace={workspace} run={row} />}
        </div>
        <dl className={styles.facts}>
          <Fact label={t('fact.status')}>
            <RunStatus status={row.status} />
          </Fact>
          <Fact label={t('fact.started')}>
            <RelativeTime at={row.start_time} />
          </Fact>
          <Fact label={t('fact.duration')}>
            <Duration run={row} />
          </Fact>
          <Fact label={t('fact.notebook')}>
            {row.notebook ? (
              <Link to={path`/workspaces/${workspace}/notebooks/${row.notebook.id}`} className={styles.link}>
                <MiddleEllipsis text={row.notebook.name} />
              </Link>
            ) : (
              <span className="hl-line" title={row.source}>
                {row.source || '–'}
              </span>
            )}
          </Fact>
          <Fact label={t('fact.versions')}>
            <VersionLinks workspace={workspace} versions={row.versions} />
          </Fact>
          {detail.parent && (
            <Fact label={t('fact.parent')}>
              <ParentLink parent={detail.parent} />
            </Fact>
          )}
          <Fact label={t('fact.user')}>{row.user_id || '–'}</Fact>
        </dl>
      </div>
      {canWrite && <SaveModelCard workspace={workspace} detail={detail} />}
      {dialog}
      {renaming && <RenameRun run={row} workspace={workspace} onClose={() => setRenaming(false)} />}
    </header>
  );
}
