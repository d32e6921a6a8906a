/** The service accounts of a workspace: programs such as CI, with tokens of their own. */
import { Button } from '@fluentui/react-components';
import { AddRegular, BotRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewToken, Workspace } from '../../api/schema';
import { useCreateServiceAccount, useServiceAccounts } from '../../api/serviceAccounts';
import type { Role } from '../../lib/roles';
import { ErrorState } from '../../parts/ErrorState';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { Hint, Section, SectionTitle } from '../../parts/form/Section';
import { MadeToken } from '../settings/ApiTokens';
import { TokenForm } from '../settings/TokenForm';
import { RolePicker } from './RolePicker';
import { ServiceAccountTools } from './ServiceAccountTools';

const GIVEN: readonly Role[] = ['viewer', 'contributor', 'member'];

function AddAccount({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const { t } = useTranslation('people');
  const [role, setRole] = useState<Role>('contributor');
  const [made, setMade] = useState<NewToken | null>(null);
  const create = useCreateServiceAccount(workspace.id, role);
  if (made) return <MadeToken made={made} onDone={onClose} />;
  return (
    <TokenForm create={create} onMade={setMade}>
      <RolePicker value={role} roles={GIVEN} label={t('service.role')} onChoose={setRole} />
    </TokenForm>
  );
}

export function ServiceAccounts({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation(['people', 'workspaces']);
  const { data, error, refetch } = useServiceAccounts(workspace.id);
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState('');
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <Section>
      <SectionTitle>{t('people:service.title')}</SectionTitle>
      <Hint>{t('people:service.text')}</Hint>
      <RowList label={t('people:service.title')}>
        {data?.map((account) => (
          <div key={account.user}>
            <RowListItem>
              <BotRegular fontSize={24} aria-hidden />
              <RowText
                detail={[
                  t(`workspaces:roles.${account.role}`),
                  account.disabled ? t('people:state.disabled') : t('people:service.tokens', { count: account.tokens.length }),
                ].join(' · ')}
              >
                <span className="hl-line" title={account.name}>
                  {account.name}
                </span>
              </RowText>
              <Button
                size="small"
                aria-expanded={open === account.user}
                aria-label={t('people:service.manageNamed', { name: account.name })}
                onClick={() => setOpen(open === account.user ? '' : account.user)}
              >
                {t('people:service.manage')}
              </Button>
            </RowListItem>
            {open === account.user && <ServiceAccountTools workspace={workspace.id} account={account} />}
          </div>
        ))}
      </RowList>
      {adding ? (
        <AddAccount workspace={workspace} onClose={() => setAdding(false)} />
      ) : (
        <div>
          <Button icon={<AddRegular />} onClick={() => setAdding(true)}>
            {t('people:service.add')}
          </Button>
        </div>
      )}
    </Section>
  );
}
