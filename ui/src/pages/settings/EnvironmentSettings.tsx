/** Environment: the packages that every new session of the workspace starts with, built once. */
import { Button, Field, MessageBar, MessageBarBody, MessageBarTitle, Spinner, Textarea } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useEnvironment, usePutEnvironment } from '../../api/environments';
import type { Environment, Workspace } from '../../api/schema';
import { ApiError } from '../../lib/errors';
import { formatBytes } from '../../lib/format';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { FieldForm, Hint, Section, SectionText, SectionTitle } from '../../parts/form/Section';
import { RelativeTime } from '../../parts/RelativeTime';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './EnvironmentSettings.module.css';

const EXAMPLE = 'umap-learn==0.5.*\nshap\nFiles/our_tools-1.2-py3-none-any.whl';

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
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
  if (packages.length === 0) {
    return <Hint>{t(state === 'ready' ? 'environment.nothingToAdd' : 'environment.none')}</Hint>;
  }
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

function RequirementsForm({ workspace, environment }: { workspace: Workspace; environment: Environment }) {
  const { t } = useTranslation('settings');
  const put = usePutEnvironment();
  const kept = environment.requirements.join('\n');
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? kept;
  const changed = linesOf(shown).join('\n') !== kept;
  const building = environment.state === 'building';
  // Also what has not changed: a wheel of the workspace may have, or a newer version may be there.
  const mayBuild = !put.isPending && !building && (changed || kept !== '');
  const atField = put.error instanceof ApiError && put.error.field === 'requirements';

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!mayBuild) return;
    put.mutate({ workspace: workspace.id, requirements: linesOf(shown) }, { onSuccess: () => setText(null) });
  };

  return (
    <FieldForm onSubmit={submit}>
      <Field
        label={t('environment.requirements')}
        hint={t('environment.hint')}
        validationMessage={atField ? put.error?.message : undefined}
      >
        <Textarea
          className={styles.code}
          rows={7}
          resize="vertical"
          spellCheck={false}
          value={shown}
          placeholder={EXAMPLE}
          disabled={building}
          onChange={(_, { value }) => {
            setText(value);
            put.reset();
          }}
        />
      </Field>
      {!atField && <FailureBar error={put.error} />}
      <div className={styles.buttons}>
        <Button
          type="submit"
          appearance="primary"
          disabled={!mayBuild}
        >
          {t('environment.build')}
        </Button>
        {changed && !building && <Button onClick={() => setText(null)}>{t('environment.undo')}</Button>}
      </div>
    </FieldForm>
  );
}

export function EnvironmentSettings({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('settings');
  const { data, error, refetch } = useEnvironment(workspace.id);
  const mayBuild = workspace.role === 'admin' || workspace.role === 'member';
  return (
    <Section>
      <SectionText>{t('environment.text')}</SectionText>
      {!data && !error && <TableSkeleton rows={3} columns={1} />}
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data && mayBuild && <RequirementsForm workspace={workspace} environment={data} />}
      {data && !mayBuild && <Hint>{t('environment.membersOnly')}</Hint>}
      {data && <Outcome environment={data} />}
      {data && <Packages environment={data} />}
    </Section>
  );
}
