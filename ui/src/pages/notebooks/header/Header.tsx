/** The notebook's head: title, saved mark, menus, settings, Run all, session. */
import { Badge, Button, SplitButton, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Tooltip } from '@fluentui/react-components';
import { CalendarClockRegular, CommentRegular, PlayRegular, RecordStopRegular, SettingsRegular } from '@fluentui/react-icons';
import { NotebookActions } from '@jupyterlab/notebook';
import { useTranslation } from 'react-i18next';
import { useThreads } from '../../../api/comments';
import type { Notebook } from '../../../api/schema';
import { KindIcon } from '../../../parts/KindIcon';
import { MiddleEllipsis } from '../../../parts/MiddleEllipsis';
import { useEditorActions } from '../EditorActions';
import type { NotebookHost } from '../lab/notebookHost';
import { translator } from '../lab/translator';
import type { SessionControl } from '../useSession';
import { EnvironmentMenu } from './EnvironmentMenu';
import { entryIcons } from './icons';
import styles from './Header.module.css';
import { Menus } from './Menus';
import { SaveMark } from './SaveMark';
import { SessionPill } from './SessionPill';
import { useSessionChoices } from './useSessionChoices';

interface Props {
  record: Notebook;
  host: NotebookHost;
  control: SessionControl;
}

export function Header(props: Props) {
  const { record, host, control } = props;
  const actions = useEditorActions();
  const { t } = useTranslation('notebooks');
  return (
    <header className={styles.header}>
      <div className={styles.titleRow}>
        <KindIcon kind="notebook" />
        <h1 className={styles.title}>
          {actions.canWrite ? (
            <button type="button" title={t('renameHint')} onClick={actions.rename}>
              <MiddleEllipsis text={record.name} />
            </button>
          ) : (
            <MiddleEllipsis text={record.name} />
          )}
        </h1>
        {actions.canWrite ? <SaveMark saver={host.saver} /> : <Badge appearance="tint">{t('viewOnly')}</Badge>}
      </div>
      <div className={styles.tools}>
        <Menus host={host} control={control} />
        <span className={styles.gap} />
        <CommentsButton record={record} onOpen={actions.comments} />
        {actions.canWrite && <Running {...props} />}
        <span className={styles.language}>{'Python'}</span>
      </div>
    </header>
  );
}

/** Opens the comments, and says how many threads are open. */
function CommentsButton({ record, onOpen }: { record: Notebook; onOpen: () => void }) {
  const { t } = useTranslation('comments');
  const { data } = useThreads({ workspace: record.workspace, kind: 'notebook', id: record.id });
  const count = data?.threads.filter((thread) => thread.resolved_at === null).length ?? 0;
  return (
    <Tooltip content={count ? t('count', { count }) : t('open')} relationship="label">
      <Button size="small" appearance="subtle" icon={<CommentRegular />} onClick={onOpen}>
        {count > 0 ? count : undefined}
      </Button>
    </Tooltip>
  );
}

/** What runs cells, and the session they run in. */
function Running(props: Props) {
  const { control } = props;
  const actions = useEditorActions();
  const { t } = useTranslation('notebooks');
  useSessionChoices(props.record, props.host);
  return (
    <>
        <Tooltip content={t('schedules')} relationship="label">
          <Button size="small" appearance="subtle" icon={<CalendarClockRegular />} onClick={actions.schedules} />
        </Tooltip>
        <Tooltip content={t('settings.title')} relationship="label">
          <Button size="small" appearance="subtle" icon={<SettingsRegular />} onClick={actions.settings} />
        </Tooltip>
        <EnvironmentMenu record={props.record} host={props.host} session={control.session} />
        <RunAll {...props} />
        <Button
          size="small"
          appearance="subtle"
          icon={<RecordStopRegular />}
          disabled={control.pill !== 'busy'}
          onClick={actions.interrupt}
        >
          {t('run.interrupt')}
        </Button>
        <SessionPill control={control} onRestart={actions.restart} />
    </>
  );
}

function RunAll({ host, control }: Props) {
  const { t } = useTranslation('notebooks');
  const actions = useEditorActions();
  const { panel } = host;
  const run = (action: typeof NotebookActions.runAll) => () =>
    void action(panel.content, panel.sessionContext, undefined, translator);
  return (
    <Menu positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        {(trigger) => (
          <SplitButton
            size="small"
            appearance="primary"
            icon={<PlayRegular />}
            primaryActionButton={{ onClick: run(NotebookActions.runAll) }}
            menuButton={{ ...trigger, 'aria-label': t('run.more') }}
          >
            {t('run.all')}
          </SplitButton>
        )}
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem icon={entryIcons['run.above']} onClick={run(NotebookActions.runAllAbove)}>
            {t('run.above')}
          </MenuItem>
          <MenuItem icon={entryIcons['run.below']} onClick={run(NotebookActions.runAllBelow)}>
            {t('run.below')}
          </MenuItem>
          <MenuItem icon={entryIcons['run.parameters']} onClick={actions.runWithParameters}>
            {t('run.parameters')}
          </MenuItem>
          <MenuItem
            icon={entryIcons['run.restartAll']}
            disabled={!control.session}
            onClick={actions.restartAndRunAll}
          >
            {t('run.restartAll')}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
