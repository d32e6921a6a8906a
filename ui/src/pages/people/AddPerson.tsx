/** Add a person: their names, and then the link that signs them in. */
import { Button, Checkbox, Field, Input, Spinner } from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { Invitation } from '../../api/schema';
import { useCreateUser } from '../../api/users';
import { ApiError } from '../../lib/errors';
import { checkName } from '../../lib/names';
import { FailureBar } from '../../parts/FailureBar';
import { SidePanel } from '../../parts/SidePanel';
import styles from './AddPerson.module.css';
import { InvitationLink } from './InvitationLink';

function AddForm({ onMade }: { onMade: (made: Invitation) => void }) {
  const { t } = useTranslation(['people', 'shell']);
  const create = useCreateUser();
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [admin, setAdmin] = useState(false);
  const [tried, setTried] = useState(false);
  const problem = checkName(name);
  const taken = create.error instanceof ApiError && create.error.field === 'name';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem || create.isPending) return;
    create.mutate({ name: name.trim(), display_name: displayName.trim(), admin }, { onSuccess: onMade });
  };
  const wrong = () => {
    if (problem && tried) return t(`shell:names.${problem.key}`, problem.values);
    return taken ? t('shell:names.taken', { name: name.trim() }) : undefined;
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      <Field label={t('people:add.name')} hint={t('people:add.nameHint')} required validationMessage={wrong()}>
        <Input
          autoFocus
          value={name}
          autoComplete="off"
          onChange={(_, { value }) => {
            setName(value);
            create.reset();
          }}
        />
      </Field>
      <Field label={t('people:profile.displayName')} hint={t('people:add.displayHint')}>
        <Input value={displayName} autoComplete="off" onChange={(_, { value }) => setDisplayName(value)} />
      </Field>
      <Checkbox label={t('people:add.admin')} checked={admin} onChange={(_, { checked }) => setAdmin(checked === true)} />
      {!taken && <FailureBar error={create.error} />}
      <div>
        <Button
          type="submit"
          appearance="primary"
          disabled={create.isPending}
          icon={create.isPending ? <Spinner size="tiny" /> : undefined}
        >
          {t('people:add.submit')}
        </Button>
      </div>
    </form>
  );
}

function AddBody({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('settings');
  const [made, setMade] = useState<Invitation | null>(null);
  if (!made) return <AddForm onMade={setMade} />;
  return (
    <div className={styles.form}>
      <InvitationLink invitation={made} />
      <div>
        <Button onClick={onClose}>{t('tokens.done')}</Button>
      </div>
    </div>
  );
}

export function AddPerson({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation('people');
  return (
    <SidePanel open={open} title={t('add.title')} onClose={onClose}>
      {open && <AddBody onClose={onClose} />}
    </SidePanel>
  );
}
