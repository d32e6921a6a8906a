/** One person beside the list: inviting, disabling, removing, and what they are signed in with. */
import { Button, Checkbox, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { LinkRegular } from '@fluentui/react-icons';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../api/me';
import type { Invitation, Person, UserAccess } from '../../api/schema';
import { useChangeUser, useEndSignIns, useHandOver, useInvite, useRevokeUserToken, useUserAccess } from '../../api/users';
import { formatDate } from '../../lib/format';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { RelativeTime } from '../../parts/RelativeTime';
import { SidePanel } from '../../parts/SidePanel';
import { TableSkeleton } from '../../parts/TableSkeleton';
import { InvitationLink } from './InvitationLink';
import styles from './PersonPanel.module.css';
import { PersonState } from './PersonState';
import { RemovePerson } from './RemovePerson';
import { SignInList } from './SignInList';
import { SuccessorField } from './SuccessorField';

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <h3 className={styles.head}>{title}</h3>
      {children}
    </section>
  );
}

function Workspaces({ person, people, access }: { person: Person; people: Person[]; access: UserAccess }) {
  const { t } = useTranslation(['people', 'workspaces', 'settings']);
  const handOver = useHandOver();
  const [successor, setSuccessor] = useState('');
  const alone = access.workspaces.some((one) => one.only_admin);
  return (
    <Section title={t('people:columns.workspaces')}>
      {!access.workspaces.length && <p className={styles.faint}>{t('people:noWorkspaces')}</p>}
      <ul className={styles.list}>
        {access.workspaces.map((one) => (
          <li key={one.workspace} className={styles.row}>
            <span className="hl-line" title={one.name}>
              {one.name}
            </span>
            <span className={styles.faint}>
              {t(`workspaces:roles.${one.role}`)}
              {one.only_admin && ` · ${t('people:onlyAdmin')}`}
              {one.group && ` · ${t('people:groups.by', { name: one.group })}`}
            </span>
          </li>
        ))}
      </ul>
      {alone && person.disabled_at !== null && (
        <div className={styles.line}>
          <SuccessorField people={people} leaving={person.id} value={successor} onChoose={setSuccessor} />
          <Button disabled={!successor || handOver.isPending} onClick={() => handOver.mutate({ user: person.id, successor })}>
            {t('people:handOver')}
          </Button>
        </div>
      )}
      <FailureBar error={handOver.error} />
    </Section>
  );
}

function Credentials({ person, access }: { person: Person; access: UserAccess }) {
  const { t, i18n } = useTranslation(['people', 'settings']);
  const endAll = useEndSignIns();
  const revoke = useRevokeUserToken();
  return (
    <>
      <Section title={t('people:signIns.title')}>
        <SignInList signIns={access.sign_ins} onEnd={(token) => revoke.mutate({ user: person.id, token })} />
        {access.sign_ins.length > 1 && (
          <div>
            <Button disabled={endAll.isPending} onClick={() => endAll.mutate(person.id)}>
              {t('people:signIns.endAll')}
            </Button>
          </div>
        )}
      </Section>
      <Section title={t('settings:tokens.title')}>
        {!access.tokens.length && <p className={styles.faint}>{t('people:noTokens')}</p>}
        <ul className={styles.list}>
          {access.tokens.map((token) => (
            <li key={token.id} className={styles.row}>
              <span className={styles.words}>
                <span className="hl-line" title={token.name}>
                  {token.name}
                </span>
                <span className={styles.faint}>
                  {token.last_used_at === null ? (
                    t('settings:tokens.neverUsed')
                  ) : (
                    <>
                      {t('settings:tokens.used')} <RelativeTime at={token.last_used_at} />
                    </>
                  )}
                  {' · '}
                  {token.expires_at === null
                    ? t('settings:tokens.neverExpires')
                    : t('settings:tokens.expires', { date: formatDate(token.expires_at, i18n.language) })}
                </span>
              </span>
              <Button
                size="small"
                aria-label={t('settings:tokens.revokeNamed', { name: token.name })}
                onClick={() => revoke.mutate({ user: person.id, token: token.id })}
              >
                {t('settings:tokens.revoke')}
              </Button>
            </li>
          ))}
        </ul>
        <FailureBar error={endAll.error ?? revoke.error} />
      </Section>
    </>
  );
}

function Standing({ person, people, onRemoved }: { person: Person; people: Person[]; onRemoved: () => void }) {
  const { t } = useTranslation('people');
  const me = useMe().data?.user.id;
  const change = useChangeUser();
  const invite = useInvite();
  const [made, setMade] = useState<Invitation | null>(null);
  const [asking, setAsking] = useState<'disable' | 'remove' | null>(null);
  const disabled = person.disabled_at !== null;
  return (
    <>
      <div className={styles.line}>
        <PersonState person={person} />
        <span className={styles.faint}>{person.name}</span>
      </div>
      {person.id === me && (
        <MessageBar layout="multiline">
          <MessageBarBody>{t('thisIsYou')}</MessageBarBody>
        </MessageBar>
      )}
      {!person.service && (
        <Checkbox
          label={t('add.admin')}
          checked={person.admin}
          disabled={disabled || change.isPending}
          onChange={(_, { checked }) => change.mutate({ user: person.id, admin: checked === true })}
        />
      )}
      <div className={styles.line}>
        {!person.service && (
          <Button
            icon={<LinkRegular />}
            disabled={disabled || invite.isPending}
            onClick={() => invite.mutate(person.id, { onSuccess: setMade })}
          >
            {t('link.new')}
          </Button>
        )}
        {disabled ? (
          <Button disabled={change.isPending} onClick={() => change.mutate({ user: person.id, disabled: false })}>
            {t('enable')}
          </Button>
        ) : (
          <Button onClick={() => setAsking('disable')}>{t('disable')}</Button>
        )}
        <Button className={styles.danger} onClick={() => setAsking('remove')}>
          {t('remove.button')}
        </Button>
      </div>
      {made && !disabled && <InvitationLink invitation={made} />}
      <FailureBar error={change.error ?? invite.error} />
      <ConfirmDialog
        open={asking === 'disable'}
        danger
        title={t('disableTitle', { name: person.display_name })}
        confirmLabel={t('disable')}
        onConfirm={() => change.mutateAsync({ user: person.id, disabled: true })}
        onClose={() => setAsking(null)}
      >
        {t('disableText')}
      </ConfirmDialog>
      {asking === 'remove' && (
        <RemovePerson person={person} people={people} onClose={() => setAsking(null)} onRemoved={onRemoved} />
      )}
    </>
  );
}

function PersonBody({ person, people, onClose }: { person: Person; people: Person[]; onClose: () => void }) {
  const { data, error, refetch } = useUserAccess(person.id);
  return (
    <div className={styles.body}>
      <Standing person={person} people={people} onRemoved={onClose} />
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && <TableSkeleton rows={4} columns={1} />}
      {data && <Workspaces person={person} people={people} access={data} />}
      {data && <Credentials person={person} access={data} />}
    </div>
  );
}

interface Props {
  /** null: closed. */
  person: Person | null;
  people: Person[];
  onClose: () => void;
}

export function PersonPanel({ person, people, onClose }: Props) {
  return (
    <SidePanel open={person !== null} title={person?.display_name ?? ''} onClose={onClose} width={560}>
      {person && <PersonBody key={person.id} person={person} people={people} onClose={onClose} />}
    </SidePanel>
  );
}
