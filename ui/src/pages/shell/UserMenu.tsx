/** The account: language, theme, API tokens, sign out. */
import {
  Avatar,
  Button,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from '@fluentui/react-components';
import {
  DeveloperBoardRegular,
  HistoryRegular,
  KeyRegular,
  PeopleTeamRegular,
  PersonRegular,
  SignOutRegular,
  TopSpeedRegular,
} from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { useMe, useSignOut } from '../../api/me';
import { errorDetail, errorTitle } from '../../lib/errors';
import { isLanguage, languages, setLanguage } from '../../lib/i18n';
import { useNotices } from '../../lib/notices';
import { openPage } from '../../lib/pathPrefix';
import { useTheme, type ThemeChoice } from '../../lib/theme';
import { ApiTokens } from '../settings/ApiTokens';
import styles from './UserMenu.module.css';

const THEMES: ThemeChoice[] = ['light', 'dark', 'system'];

export function UserMenu() {
  const { t, i18n } = useTranslation(['shell', 'people', 'audit', 'sessions', 'capacities']);
  const navigate = useNavigate();
  const { choice, choose } = useTheme();
  const me = useMe().data;
  const signOut = useSignOut();
  const { notify } = useNotices();
  const [search, setSearch] = useSearchParams();
  const name = me?.user.display_name || me?.user.name || '';

  /** The dialog's state is in the address (`?account=tokens`), beside whatever the page keeps there. */
  const showTokens = (open: boolean) => {
    setSearch(
      (old) => {
        if (open) old.set('account', 'tokens');
        else old.delete('account');
        return old;
      },
      { replace: true },
    );
  };

  return (
    <>
      <Menu
        checkedValues={{ language: [i18n.language], theme: [choice] }}
        onCheckedValueChange={(_, { name: group, checkedItems: [value] }) => {
          if (group === 'language' && isLanguage(value)) setLanguage(value);
          if (group === 'theme') choose(THEMES.find((theme) => theme === value) ?? 'system');
        }}
      >
        <MenuTrigger>
          <Button
            appearance="subtle"
            icon={<Avatar size={28} name={name} color="brand" aria-hidden />}
            aria-label={t('user.label', { name })}
            title={name}
          />
        </MenuTrigger>
        <MenuPopover>
          <div className={styles.account}>
            <div>{name}</div>
            {me && <div className={styles.faint}>{t('user.version', { version: me.version })}</div>}
          </div>
          <MenuList>
            <MenuGroup>
              <MenuGroupHeader>{t('user.language')}</MenuGroupHeader>
              {languages.map((language) => (
                <MenuItemRadio key={language.id} name="language" value={language.id} lang={language.id}>
                  {language.name}
                </MenuItemRadio>
              ))}
            </MenuGroup>
            <MenuDivider />
            <MenuGroup>
              <MenuGroupHeader>{t('user.theme')}</MenuGroupHeader>
              {THEMES.map((theme) => (
                <MenuItemRadio key={theme} name="theme" value={theme}>
                  {t(`user.${theme}`)}
                </MenuItemRadio>
              ))}
            </MenuGroup>
            <MenuDivider />
            <MenuItem icon={<PersonRegular />} onClick={() => void navigate('/profile')}>
              {t('people:profile.menu')}
            </MenuItem>
            {me?.user.admin && (
              <MenuItem icon={<PeopleTeamRegular />} onClick={() => void navigate('/people')}>
                {t('people:title')}
              </MenuItem>
            )}
            {me?.user.admin && (
              <MenuItem icon={<DeveloperBoardRegular />} onClick={() => void navigate('/sessions')}>
                {t('sessions:title')}
              </MenuItem>
            )}
            {me?.user.admin && (
              <MenuItem icon={<TopSpeedRegular />} onClick={() => void navigate('/capacities')}>
                {t('capacities:title')}
              </MenuItem>
            )}
            {me?.user.admin && (
              <MenuItem icon={<HistoryRegular />} onClick={() => void navigate('/audit')}>
                {t('audit:title')}
              </MenuItem>
            )}
            <MenuItem icon={<KeyRegular />} onClick={() => showTokens(true)}>
              {t('user.tokens')}
            </MenuItem>
            {me?.signs_out && (
              <MenuItem
                icon={<SignOutRegular />}
                onClick={() =>
                  signOut.mutate(undefined, {
                    onSuccess: ({ next }) => openPage(next),
                    onError: (error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }),
                  })
                }
              >
                {t('user.signOut')}
              </MenuItem>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      <ApiTokens open={search.get('account') === 'tokens'} onClose={() => showTokens(false)} />
    </>
  );
}
