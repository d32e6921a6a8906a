/** Profile: one's name, language, theme, password, tokens and browsers. */
import { Button, Field, Input, Radio, RadioGroup } from '@fluentui/react-components';
import { PersonRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeMe, useEndOtherSignIns, useEndSignIn, useMe, useSetPassword, useSignIns } from '../../api/me';
import type { Me } from '../../api/schema';
import { ApiError } from '../../lib/errors';
import { isLanguage, languages, setLanguage } from '../../lib/i18n';
import { checkName } from '../../lib/names';
import { useNotices } from '../../lib/notices';
import { useTheme, type ThemeChoice } from '../../lib/theme';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { PageHeader } from '../../parts/PageHeader';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { TokensBody } from '../settings/ApiTokens';
import styles from './ProfilePage.module.css';
import { SignInList } from './SignInList';

const THEMES: ThemeChoice[] = ['light', 'dark', 'system'];

function NameForm({ me }: { me: Me }) {
  const { t } = useTranslation(['people', 'shell']);
  const change = useChangeMe();
  const { notify } = useNotices();
  const [name, setName] = useState(me.user.display_name);
  const problem = checkName(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (problem || change.isPending) return;
    change.mutate(name.trim(), { onSuccess: () => notify({ intent: 'success', title: t('people:profile.saved') }) });
  };
  return (
    <form className={styles.line} onSubmit={submit} noValidate>
      <Field
        label={t('people:profile.displayName')}
        hint={t('people:profile.signInName', { name: me.user.name })}
        validationMessage={problem ? t(`shell:names.${problem.key}`, problem.values) : undefined}
        className={styles.field}
      >
        <Input value={name} autoComplete="name" onChange={(_, { value }) => setName(value)} />
      </Field>
      <Button type="submit" className={styles.beside} disabled={Boolean(problem) || name.trim() === me.user.display_name || change.isPending}>
        {t('shell:save')}
      </Button>
      <FailureBar error={change.error} />
    </form>
  );
}

function Looks() {
  const { t, i18n } = useTranslation('shell');
  const { choice, choose } = useTheme();
  return (
    <div className={styles.pair}>
      <Field label={t('user.language')}>
        <RadioGroup
          value={i18n.language}
          onChange={(_, { value }) => {
            if (isLanguage(value)) setLanguage(value);
          }}
        >
          {languages.map((language) => (
            <Radio key={language.id} value={language.id} label={<span lang={language.id}>{language.name}</span>} />
          ))}
        </RadioGroup>
      </Field>
      <Field label={t('user.theme')}>
        <RadioGroup value={choice} onChange={(_, { value }) => choose(THEMES.find((theme) => theme === value) ?? 'system')}>
          {THEMES.map((theme) => (
            <Radio key={theme} value={theme} label={t(`user.${theme}`)} />
          ))}
        </RadioGroup>
      </Field>
    </div>
  );
}

function PasswordForm({ me }: { me: Me }) {
  const { t } = useTranslation(['people', 'shell']);
  const set = useSetPassword();
  const { notify } = useNotices();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const field = set.error instanceof ApiError ? set.error.field : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!password || set.isPending) return;
    set.mutate(
      { password, current },
      {
        onSuccess: () => {
          setCurrent('');
          setPassword('');
          notify({ intent: 'success', title: t('people:password.saved') });
        },
      },
    );
  };
  return (
    <form className={styles.column} onSubmit={submit} noValidate>
      <input type="text" name="username" autoComplete="username" value={me.user.name} readOnly hidden />
      {me.has_password && (
        <Field
          label={t('people:password.current')}
          validationMessage={field === 'current' ? t('people:password.wrong') : undefined}
        >
          <Input type="password" autoComplete="current-password" value={current} onChange={(_, { value }) => setCurrent(value)} />
        </Field>
      )}
      <Field
        label={t('people:password.new')}
        hint={t('people:password.hint')}
        validationMessage={field === 'password' ? t('people:password.refused') : undefined}
      >
        <Input type="password" autoComplete="new-password" value={password} onChange={(_, { value }) => setPassword(value)} />
      </Field>
      {field === null && <FailureBar error={set.error} />}
      <div>
        <Button type="submit" disabled={!password || (me.has_password && !current) || set.isPending}>
          {t(me.has_password ? 'people:password.change' : 'people:password.set')}
        </Button>
      </div>
    </form>
  );
}

function Browsers() {
  const { t } = useTranslation('people');
  const { data, error, refetch } = useSignIns(true);
  const end = useEndSignIn();
  const endOthers = useEndOtherSignIns();
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <TableSkeleton rows={2} columns={1} />;
  return (
    <>
      <SignInList signIns={data.sign_ins} current={data.current} onEnd={(id) => end.mutate(id)} />
      <FailureBar error={end.error ?? endOthers.error} />
      {data.sign_ins.some((one) => one.id !== data.current) && (
        <div>
          <Button disabled={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t('signIns.endOthers')}
          </Button>
        </div>
      )}
    </>
  );
}

export default function ProfilePage() {
  const { t } = useTranslation(['people', 'settings']);
  const { data: me, error, refetch } = useMe();
  if (error && !me) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!me) return <TableSkeleton rows={4} columns={1} />;
  return (
    <>
      <PageHeader title={t('people:profile.title')} icon={<PersonRegular />} />
      <div className={styles.scroll}>
        <section className={styles.section}>
          <NameForm me={me} />
          <Looks />
          <p className={styles.faint}>{t('people:profile.kept')}</p>
        </section>
        {me.auth && me.passwords && (
          <section className={styles.section}>
            <h2 className={styles.head}>{t('people:password.title')}</h2>
            <PasswordForm key={String(me.has_password)} me={me} />
          </section>
        )}
        {me.auth && (
          <section className={styles.section}>
            <h2 className={styles.head}>{t('people:signIns.title')}</h2>
            <Browsers />
          </section>
        )}
        <section className={styles.section}>
          <h2 className={styles.head}>{t('settings:tokens.title')}</h2>
          <TokensBody />
        </section>
      </div>
    </>
  );
}
