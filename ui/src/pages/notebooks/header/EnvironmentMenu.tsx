/** The notebook's environment, in its header: choose among those of the workspace. */
import {
  Menu,
  MenuButton,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import { BoxMultipleRegular } from '@fluentui/react-icons';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useEnvironments } from '../../../api/environments';
import { useUpdateNotebook } from '../../../api/notebooks';
import type { Notebook, Session } from '../../../api/schema';
import { errorDetail, errorTitle } from '../../../lib/errors';
import { useNotices } from '../../../lib/notices';
import type { NotebookHost } from '../lab/notebookHost';
import { NONE } from './choiceMetadata';
import styles from './EnvironmentMenu.module.css';
import { useChoiceInDocument } from './useChoiceInDocument';

interface Props {
  record: Notebook;
  host: NotebookHost;
  session: Session | undefined;
}

export function EnvironmentMenu({ record, host, session }: Props) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const navigate = useNavigate();
  const update = useUpdateNotebook();
  const { data } = useEnvironments(record.workspace);
  const choose = (environment: string) => {
    if (environment === record.environment) return;
    update.mutate(
      { workspace: record.workspace, notebook: record.id, environment },
      { onError: (error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }) },
    );
  };
  const choices = useMemo(() => data && [{ id: NONE, name: NONE }, ...data], [data]);
  useChoiceInDocument('environment', record.environment, host, choices, choose);
  if (!data) return null;
  const standard = data.find((one) => one.is_default);
  const nameOf = (id: string) => data.find((one) => one.id === id)?.name ?? t('environment.none');
  const chosen = record.environment || (standard?.id ?? '');
  // A session keeps what it started with; without one, show what the next one gets.
  const differs = session !== undefined && session.environment_id !== (chosen === NONE ? '' : chosen);
  return (
    <Menu
      positioning="below-end"
      checkedValues={{ environment: [record.environment] }}
      onCheckedValueChange={(_, { checkedItems }) => {
        if (checkedItems[0] !== undefined) choose(checkedItems[0]);
      }}
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          size="small"
          appearance="subtle"
          icon={<BoxMultipleRegular />}
          aria-label={t('environment.label', { name: nameOf(chosen) })}
          title={t('environment.title')}
        >
          <span className={styles.name}>{nameOf(chosen)}</span>
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>{t('environment.title')}</MenuGroupHeader>
            <MenuItemRadio name="environment" value="">
              {t('environment.inherited', { name: nameOf(standard?.id ?? '') })}
            </MenuItemRadio>
            {data.map((one) => (
              <MenuItemRadio key={one.id} name="environment" value={one.id}>
                {one.name}
              </MenuItemRadio>
            ))}
            <MenuItemRadio name="environment" value={NONE}>
              {t('environment.none')}
            </MenuItemRadio>
          </MenuGroup>
          {differs && <p className={styles.note}>{t('environment.differs')}</p>}
          <MenuDivider />
          <MenuItem onClick={() => void navigate(`/workspaces/${record.workspace}?settings=environment`)}>
            {t('environment.manage')}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
