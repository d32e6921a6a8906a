/** Removes a person; asks who takes over the workspaces that would have no admin. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Person } from '../../api/schema';
import { useRemoveUser, useUserAccess } from '../../api/users';
import { ConfirmDialog } from '../../parts/ConfirmDialog';
import { SuccessorField } from './SuccessorField';

interface Props {
  person: Person;
  people: Person[];
  onClose: () => void;
  onRemoved: () => void;
}

export function RemovePerson({ person, people, onClose, onRemoved }: Props) {
  const { t } = useTranslation('people');
  const access = useUserAccess(person.id).data;
  const remove = useRemoveUser();
  const [successor, setSuccessor] = useState('');
  const alone = access?.workspaces.filter((one) => one.only_admin) ?? [];
  return (
    <ConfirmDialog
      open
      danger
      title={t('remove.title', { name: person.display_name })}
      confirmLabel={t('remove.button')}
      disabled={!access || (alone.length > 0 && !successor)}
      onConfirm={async () => {
        await remove.mutateAsync({ user: person.id, successor: successor || null });
        onRemoved();
      }}
      onClose={onClose}
    >
      <p>{t('remove.text')}</p>
      {alone.length > 0 && (
        <>
          <p>{t('remove.alone', { workspaces: alone.map((one) => one.name).join(', ') })}</p>
          <SuccessorField people={people} leaving={person.id} value={successor} onChoose={setSuccessor} />
        </>
      )}
    </ConfirmDialog>
  );
}
