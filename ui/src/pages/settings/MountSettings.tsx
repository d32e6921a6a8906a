/** Mounts: storage prefixes that resolve to another place, so that a path works without its network. */
import { Badge, Button, Field, Input } from '@fluentui/react-components';
import { AddRegular, ArrowRightRegular, DeleteRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { useMounts, usePutMount, useRemoveMount } from '../../api/mounts';
import type { Mount, Workspace } from '../../api/schema';
import { ApiError, errorDetail } from '../../lib/errors';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { ErrorState } from '../../parts/ErrorState';
import { FailureBar } from '../../parts/FailureBar';
import { RowList, RowListItem, RowText } from '../../parts/form/RowList';
import { FieldForm, Section, SectionText, SectionTitle } from '../../parts/form/Section';
import { TableSkeleton } from '../../parts/TableSkeleton';
import styles from './MountSettings.module.css';

const PREFIX_EXAMPLE = 'wasbs://container@account.blob.core.windows.net/data';
const TARGET_EXAMPLE = 'Files/data';

function MountRow({ mount, onRemove }: { mount: Mount; onRemove?: () => void }) {
  const { t } = useTranslation('settings');
  return (
    <RowListItem>
      <RowText
        detail={
          <>
            <ArrowRightRegular aria-label={t('mounts.leadsTo')} />{' '}
            <span className={styles.code}>{mount.built_in ? t('mounts.bundled') : mount.target}</span>
          </>
        }
      >
        <span className={styles.code}>{mount.prefix}</span>
      </RowText>
      {mount.built_in && <Badge appearance="tint">{t('mounts.builtIn')}</Badge>}
      {onRemove && (
        <Button
          appearance="subtle"
          icon={<DeleteRegular />}
          aria-label={t('mounts.removeNamed', { prefix: mount.prefix })}
          title={t('mounts.remove')}
          onClick={onRemove}
        />
      )}
    </RowListItem>
  );
}

function AddMount({ workspace }: { workspace: string }) {
  const { t } = useTranslation('settings');
  const put = usePutMount();
  const [prefix, setPrefix] = useState('');
  const [target, setTarget] = useState('');
  const field = put.error instanceof ApiError ? put.error.field : null;
  const refusal = put.error ? errorDetail(put.error) : undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!prefix.trim() || !target.trim() || put.isPending) return;
    put.mutate(
      { workspace, prefix, target },
      {
        onSuccess: () => {
          setPrefix('');
          setTarget('');
        },
      },
    );
  };

  return (
    <FieldForm onSubmit={submit}>
      <SectionTitle>{t('mounts.add')}</SectionTitle>
      <Field label={t('mounts.prefix')} required validationMessage={field === 'prefix' ? refusal : undefined}>
        <Input
          className={styles.code}
          value={prefix}
          placeholder={PREFIX_EXAMPLE}
          onChange={(_, { value }) => {
            setPrefix(value);
            put.reset();
          }}
        />
      </Field>
      <Field
        label={t('mounts.target')}
        required
        hint={t('mounts.targetHint')}
        validationMessage={field === 'target' ? refusal : undefined}
      >
        <Input
          className={styles.code}
          value={target}
          placeholder={TARGET_EXAMPLE}
          onChange={(_, { value }) => {
            setTarget(value);
            put.reset();
          }}
        />
      </Field>
      {field === null && <FailureBar error={put.error} />}
      <div>
        <Button
          type="submit"
          icon={<AddRegular />}
          disabled={!prefix.trim() || !target.trim() || put.isPending}
        >
          {t('mounts.addButton')}
        </Button>
      </div>
    </FieldForm>
  );
}

export function MountSettings({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation('settings');
  const { data, error, refetch } = useMounts(workspace.id);
  const remove = useRemoveMount();
  const [removing, setRemoving] = useState<Mount | null>(null);
  const canWrite = workspace.role !== null && workspace.role !== 'viewer';
  return (
    <Section>
      <SectionText>{t('mounts.text')}</SectionText>
      {!data && !error && <TableSkeleton rows={2} columns={1} />}
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      <RowList label={t('mounts.title')}>
        {data?.map((mount) => (
          <MountRow
            key={mount.prefix}
            mount={mount}
            onRemove={canWrite && !mount.built_in ? () => setRemoving(mount) : undefined}
          />
        ))}
      </RowList>
      {canWrite && <AddMount workspace={workspace.id} />}
      <ConfirmDialog
        open={removing !== null}
        danger
        title={t('mounts.removeTitle')}
        confirmLabel={t('mounts.remove')}
        onConfirm={() => (removing ? remove.mutateAsync({ workspace: workspace.id, prefix: removing.prefix }) : undefined)}
        onClose={() => setRemoving(null)}
      >
        {t('mounts.removeText', { prefix: removing?.prefix ?? '' })}
      </ConfirmDialog>
    </Section>
  );
}
