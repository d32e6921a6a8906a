/** What an admin does with a service account: new tokens, revoking them, disabling and removing it. */
import { Button } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewToken, ServiceAccount } from '../../api/schema';
import {
  useCreateServiceToken,
  useDisableServiceAccount,
  useRemoveServiceAccount,
  useRevokeServiceToken,
} from '../../api/serviceAccounts';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FailureBar } from '../../parts/FailureBar';
import { RowList } from '../../parts/form/RowList';
import { Hint, Section } from '../../parts/form/Section';
import { MadeToken, TokenRow } from '../settings/ApiTokens';
import { TokenForm } from '../settings/TokenForm';
import styles from './ServiceAccountTools.module.css';

export function ServiceAccountTools({ workspace, account }: { workspace: string; account: ServiceAccount }) {
  const { t } = useTranslation(['people', 'settings']);
  const create = useCreateServiceToken(workspace, account.user);
  const revoke = useRevokeServiceToken(workspace, account.user);
  const disable = useDisableServiceAccount(workspace, account.user);
  const remove = useRemoveServiceAccount(workspace, account.user);
  const [made, setMade] = useState<NewToken | null>(null);
  const [asking, setAsking] = useState<'disable' | 'remove' | null>(null);
  if (!account.managed) return <Hint>{t('people:service.notManaged')}</Hint>;
  return (
    <Section>
      <RowList label={t('settings:tokens.title')}>
        {account.tokens.map((token) => (
          <TokenRow key={token.id} token={token} onRevoke={() => revoke.mutate(token.id)} />
        ))}
      </RowList>
      {made && <MadeToken made={made} onDone={() => setMade(null)} />}
      {!made && !account.disabled && <TokenForm create={create} onMade={setMade} />}
      <FailureBar error={revoke.error ?? disable.error} />
      <div className={styles.line}>
        {account.disabled ? (
          <Button disabled={disable.isPending} onClick={() => disable.mutate(false)}>
            {t('people:enable')}
          </Button>
        ) : (
          <Button onClick={() => setAsking('disable')}>{t('people:disable')}</Button>
        )}
        <Button className={styles.danger} onClick={() => setAsking('remove')}>
          {t('people:remove.button')}
        </Button>
      </div>
      <ConfirmDialog
        open={asking !== null}
        danger
        title={t(asking === 'remove' ? 'people:service.removeTitle' : 'people:service.disableTitle', { name: account.name })}
        confirmLabel={t(asking === 'remove' ? 'people:remove.button' : 'people:disable')}
        onConfirm={() => (asking === 'remove' ? remove.mutateAsync(undefined) : disable.mutateAsync(true))}
        onClose={() => setAsking(null)}
      >
        {t(asking === 'remove' ? 'people:service.removeText' : 'people:service.disableText')}
      </ConfirmDialog>
    </Section>
  );
}
