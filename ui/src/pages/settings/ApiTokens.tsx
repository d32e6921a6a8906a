/** API tokens of the person: made here, shown once, revoked here. */
import { Button, MessageBar, MessageBarBody, Spinner } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NewToken, Token } from '../../api/schema';
import { useCreateToken, useRevokeToken, useTokens } from '../../api/tokens';
import { formatDate } from '../../lib/format';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { CopyField } from '../../parts/CopyField';
import { FailureBar } from '../../parts/FailureBar';
import { ErrorState } from '../../parts/ErrorState';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { Hint, Section, SectionText, SectionTitle } from '../../parts/form/Section';
import { RelativeTime } from '../../parts/RelativeTime';
import { SidePanel } from '../../parts/SidePanel';
import styles from './ApiTokens.module.css';
import { TokenForm } from './TokenForm';

export function TokenRow({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const { t, i18n } = useTranslation('settings');
  return (
    <RowListItem>
      <RowText
        detail={
          <>
            {t('tokens.created')} <RelativeTime at={token.created_at} />
            {' · '}
            {token.last_used_at ? (
              <>
                {t('tokens.used')} <RelativeTime at={token.last_used_at} />
              </>
            ) : (
              t('tokens.neverUsed')
            )}
            {' · '}
            {token.expires_at
              ? t('tokens.expires', { date: formatDate(token.expires_at, i18n.language) })
              : t('tokens.neverExpires')}
          </>
        }
      >
        <span className="hl-line" title={token.name}>
          {token.name}
        </span>
      </RowText>
      <Button size="small" aria-label={t('tokens.revokeNamed', { name: token.name })} onClick={onRevoke}>
        {t('tokens.revoke')}
      </Button>
    </RowListItem>
  );
}

export function MadeToken({ made, onDone }: { made: NewToken; onDone: () => void }) {
  const { t } = useTranslation('settings');
  return (
    <div className={styles.made}>
      <MessageBar intent="success" layout="multiline">
        <MessageBarBody>{t('tokens.once')}</MessageBarBody>
      </MessageBar>
      <CopyField label={made.token.name} text={made.text} secret />
      <CopyField label={t('tokens.use')} text={`export MLFLOW_TRACKING_TOKEN=${made.text}`} secret />
      <div>
        <Button onClick={onDone}>{t('tokens.done')}</Button>
      </div>
    </div>
  );
}

export function TokensBody() {
  const { t } = useTranslation('settings');
  const { data, error, refetch } = useTokens();
  const create = useCreateToken();
  const revoke = useRevokeToken();
  const [made, setMade] = useState<NewToken | null>(null);
  const [revoking, setRevoking] = useState<Token | null>(null);
  if (error && !data) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return (
    <Section>
      <SectionText>{t('tokens.text')}</SectionText>
      {made ? <MadeToken made={made} onDone={() => setMade(null)} /> : <TokenForm create={create} onMade={setMade} />}
      <SectionTitle>{t('tokens.list')}</SectionTitle>
      {!data && <Spinner size="small" />}
      {data?.length === 0 && <Hint>{t('tokens.none')}</Hint>}
      <RowList>
        {data?.map((token) => <TokenRow key={token.id} token={token} onRevoke={() => setRevoking(token)} />)}
      </RowList>
      <FailureBar error={error} />
      <ConfirmDialog
        open={revoking !== null}
        danger
        title={t('tokens.revokeTitle', { name: revoking?.name ?? '' })}
        confirmLabel={t('tokens.revoke')}
        onConfirm={() => (revoking ? revoke.mutateAsync(revoking.id) : undefined)}
        onClose={() => setRevoking(null)}
      >
        {t('tokens.revokeText')}
      </ConfirmDialog>
    </Section>
  );
}

export function ApiTokens({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation('settings');
  return (
    <SidePanel open={open} title={t('tokens.title')} onClose={onClose} width={520}>
      {open && <TokensBody />}
    </SidePanel>
  );
}
