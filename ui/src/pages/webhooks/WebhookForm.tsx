/** A webhook: make it, change it, turn it off, test it, delete it. */
import { Button, Checkbox, Field, Input, MessageBar, MessageBarBody, MessageBarTitle, Radio, RadioGroup, Spinner, Switch } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { MakeWebhook, WebhookTest, WebhookView } from '../../api/schema';
import { useRemoveWebhook, useSaveWebhook, useTestWebhook } from '../../api/webhooks';
import { ApiError, errorDetail } from '../../lib/errors';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { FailureBar } from '../../parts/FailureBar';
import styles from './WebhookForm.module.css';

interface Props {
  workspace: string;
  /** Undefined for a new one. */
  webhook: WebhookView | undefined;
  /** Those that a webhook can have. */
  events: string[];
  onSaved: (id: string) => void;
  onRemoved: () => void;
}

const FIRST = ['model_version.created', 'model_version_alias.created'];
const FIELDS = ['name', 'url', 'secret', 'events'];

export function WebhookForm({ workspace, webhook, events, onSaved, onRemoved }: Props) {
  const { t } = useTranslation(['webhooks', 'shell']);
  const { notify } = useNotices();
  const save = useSaveWebhook();
  const [name, setName] = useState(webhook?.name ?? '');
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [format, setFormat] = useState<NonNullable<MakeWebhook['format']>>(webhook?.format === 'slack' ? 'slack' : 'mlflow');
  const [chosen, setChosen] = useState(webhook?.events ?? FIRST);
  const [secret, setSecret] = useState<string | undefined>(undefined);
  const [active, setActive] = useState(webhook?.active ?? true);
  const refused = save.error instanceof ApiError ? save.error.field : null;
  const wrong = (field: string) => (refused === field ? errorDetail(save.error) : undefined);
  const ready = name.trim() !== '' && url.trim() !== '' && chosen.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || save.isPending) return;
    save.mutate(
      { workspace, webhook: webhook?.id, name: name.trim(), url: url.trim(), events: chosen, format, secret, active },
      {
        onSuccess: (saved) => {
          notify({ intent: 'success', title: t('webhooks:saved', { name: saved.name }) });
          onSaved(saved.id);
        },
      },
    );
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Field label={t('webhooks:name')} hint={t('webhooks:nameHint')} validationMessage={wrong('name')} required>
        <Input autoFocus value={name} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label={t('webhooks:url')} hint={t('webhooks:urlHint')} validationMessage={wrong('url')} required>
        <Input type="url" value={url} onChange={(_, data) => setUrl(data.value)} />
      </Field>
      <Field label={t('webhooks:format.label')}>
        <RadioGroup layout="horizontal" value={format} onChange={(_, data) => setFormat(data.value === 'slack' ? 'slack' : 'mlflow')}>
          <Radio value="mlflow" label={t('webhooks:format.mlflow')} />
          <Radio value="slack" label={t('webhooks:format.slack')} />
        </RadioGroup>
      </Field>
      <Field label={t('webhooks:secret')} hint={t(webhook?.signed ? 'webhooks:secretKept' : 'webhooks:secretHint')} validationMessage={wrong('secret')}>
        <Input type="password" autoComplete="off" value={secret ?? ''} onChange={(_, data) => setSecret(data.value || undefined)} />
      </Field>
      <fieldset className={styles.events}>
        <legend>{t('webhooks:events')}</legend>
        {events.map((event) => (
          <Checkbox
            key={event}
            label={event}
            checked={chosen.includes(event)}
            onChange={(_, data) => setChosen(data.checked ? [...chosen, event] : chosen.filter((one) => one !== event))}
          />
        ))}
      </fieldset>
      {webhook && <Switch label={t('webhooks:active')} checked={active} onChange={(_, data) => setActive(data.checked)} />}
      {save.error && (refused === null || !FIELDS.includes(refused)) && <FailureBar error={save.error} />}
      <div className={styles.buttons}>
        <Button type="submit" appearance="primary" disabled={!ready || save.isPending} icon={save.isPending ? <Spinner size="tiny" /> : undefined}>
          {t('shell:save')}
        </Button>
        {webhook && <TestAndRemove workspace={workspace} webhook={webhook} onRemoved={onRemoved} />}
      </div>
    </form>
  );
}

function TestAndRemove({ workspace, webhook, onRemoved }: { workspace: string; webhook: WebhookView; onRemoved: () => void }) {
  const { t } = useTranslation(['webhooks', 'shell']);
  const test = useTestWebhook();
  const remove = useRemoveWebhook();
  const [asking, setAsking] = useState(false);
  const place = { workspace, webhook: webhook.id };
  return (
    <>
      <Button disabled={test.isPending} icon={test.isPending ? <Spinner size="tiny" /> : undefined} onClick={() => test.mutate(place)}>
        {t('webhooks:test')}
      </Button>
      <Button appearance="subtle" className={styles.remove} onClick={() => setAsking(true)}>
        {t('shell:delete')}
      </Button>
      {test.error && <FailureBar error={test.error} />}
      {test.data && <Tested result={test.data} />}
      <ConfirmDialog
        open={asking}
        danger
        title={t('webhooks:deleteTitle', { name: webhook.name })}
        confirmLabel={t('shell:delete')}
        onConfirm={async () => {
          await remove.mutateAsync(place);
          onRemoved();
        }}
        onClose={() => setAsking(false)}
      >
        {t('webhooks:deleteText')}
      </ConfirmDialog>
    </>
  );
}

function Tested({ result }: { result: WebhookTest }) {
  const { t } = useTranslation('webhooks');
  return (
    <MessageBar className={styles.result} intent={result.success ? 'success' : 'error'} layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{result.status === null ? t('noResponse') : t('responded', { status: result.status })}</MessageBarTitle> {result.problem || result.response}
      </MessageBarBody>
    </MessageBar>
  );
}
