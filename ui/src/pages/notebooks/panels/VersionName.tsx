/** Asks for the name of a version. */
import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '../../../parts/ConfirmDialog';

interface Props {
  title: string;
  initial: string;
  onName: (name: string) => Promise<unknown>;
  onClose: () => void;
}

export function VersionName({ title, initial, onName, onClose }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const [name, setName] = useState(initial);
  return (
    <ConfirmDialog
      open
      title={title}
      confirmLabel={t('shell:save')}
      disabled={name.trim() === ''}
      onConfirm={() => onName(name.trim())}
      onClose={onClose}
    >
      <Field label={t('history.name')} hint={t('history.nameHint')}>
        <Input value={name} maxLength={200} autoFocus onChange={(_, { value }) => setName(value)} />
      </Field>
    </ConfirmDialog>
  );
}
