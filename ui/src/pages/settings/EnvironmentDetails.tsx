/** One environment: its requested packages, the state of its build, what sessions get, and the log. */
import { Button, Field, MessageBar, MessageBarBody, MessageBarTitle, Spinner, Textarea } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeEnvironment, useEnvironmentLog } from '../../api/environments';
import type { Environment } from '../../api/schema';
import { ApiError, errorDetail } from '../../lib/errors';
import { formatBytes } from '../../lib/format';
import { FailureBar } from '../../parts/FailureBar';
import { FieldForm, Hint, SectionTitle } from '../../parts/form/Section';
import { RelativeTime } from '../../parts/RelativeTime';
import { EXAMPLE, linesOf } from './requirements';
import styles from './EnvironmentDetails.module.css';

interface Props {
  environment: Environment;
  mayBuild: boolean;
}

export function EnvironmentDetails({ environment, mayBuild }: Props) {
  return (
    <div className={styles.details}>
      {mayBuild && <RequirementsForm environment={environment} />}
      <Outcome environment={environment} />
      <Packages environment={environment} />
      <Log environment={environment} />
    </div>
  );
}

function Outcome({ environment }: { environment: Environment }) {
  const { t } = useTranslation('settings');
  if (environment.state === 'building') {
    return (
      <div className={styles.building} role="status">
        <Spinner size="tiny" label={t('environment.building')} labelPosition="after" />
        <span className={styles.line}>{environment.message}</span>
      </div>
    );
  }
  if (environment.state !== 'failed') return null;
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>{t('environment.failed')}</MessageBarTitle>
        <pre className={styles.reason}>{environment.message}</pre>
        {environment.packages.length > 0 && t('environment.lastKept')}
      </MessageBarBody>
    </MessageBar>
  );
}

function Packages({ environment: { packages, bytes, built_at, changed_by, state } }: { environment: Environment }) {
  const { t, i18n } = useTranslation('settings');
  if (packages.length === 0) return state === 'ready' ? <Hint>{t('environment.nothingToAdd')}</Hint> : null;
  return (
    <section>
      <SectionTitle>{t('environment.packages', { count: packages.length })}</SectionTitle>
      <Hint>
        {formatBytes(bytes, i18n.language)} · {changed_by} · {built_at !== null && <RelativeTime at={built_at} />}
      </Hint>
      <ul className={styles.list}>
        {packages.map((one) => (
          <li key={one} className={styles.code}>
            {one}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Log({ environment }: { environment: Environment }) {
  const { t } = useTranslation('settings');
  const [shown, setShown] = useState(false);
  const { data } = useEnvironmentLog(environment, shown);
  return (
    <details onToggle={({ currentTarget }) => setShown(currentTarget.open)}>
      <summary>{t('environment.log')}</summary>
      {data && <pre className={styles.log}>{data.lines.join('\n') || t('environment.noLog')}</pre>}
    </details>
  );
}

function RequirementsForm({ environment }: { environment: Environment }) {
  const { t } = useTranslation('settings');
  const change = useChangeEnvironment();
  const kept = environment.requirements.join('\n');
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? kept;
  const lines = linesOf(shown);
  const changed = lines.join('\n') !== kept;
  const building = environment.state === 'building';
  // Also what has not changed: a wheel of the workspace may have, or a newer version may be there.
  const mayBuild = !change.isPending && !building && lines.length > 0;
  const atField = change.error instanceof ApiError && change.error.field === 'requirements';

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!mayBuild) return;
    const { workspace, id } = environment;
    change.mutate({ workspace, environment: id, requirements: lines }, { onSuccess: () => setText(null) });
  };

  return (
    <FieldForm onSubmit={submit}>
      <Field
        label={t('environment.requirements')}
        hint={t('environment.hint')}
        validationMessage={atField ? errorDetail(change.error) : undefined}
      >
        <Textarea
          className={styles.code}
          rows={6}
          resize="vertical"
          spellCheck={false}
          value={shown}
          placeholder={EXAMPLE}
          disabled={building}
          onChange={(_, { value }) => {
            setText(value);
            change.reset();
          }}
        />
      </Field>
      {!atField && <FailureBar error={change.error} />}
      <div className={styles.buttons}>
        <Button type="submit" appearance="primary" disabled={!mayBuild}>
          {t('environment.build')}
        </Button>
        {changed && !building && <Button onClick={() => setText(null)}>{t('environment.undo')}</Button>}
      </div>
    </FieldForm>
  );
}
