/** Ask for the name of a table before it is deleted for good. */
import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useDeleteTable, type TablePlace } from '../../api/tables';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';

interface Props {
  place: TablePlace;
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteTable({ place, onDeleted, onClose }: Props) {
  const { t } = useTranslation(['tables', 'shell']);
  const remove = useDeleteTable();
  const { notify } = useNotices();
  const [typed, setTyped] = useState('');
  const name = `${place.schema}.${place.table}`;
  return (
    <ConfirmDialog
      open
      danger
      title={t('tables:remove.ask', { name })}
      confirmLabel={t('shell:delete')}
      disabled={typed.trim() !== place.table}
      onConfirm={async () => {
        await remove.mutateAsync(place);
        notify({ intent: 'success', title: t('tables:remove.done', { name }) });
        onDeleted();
      }}
      onClose={onClose}
    >
      <p style={{ marginTop: 0 }}>{t('tables:remove.text')}</p>
      <Field label={t('tables:remove.type', { name: place.table })} required>
        <Input autoFocus autoComplete="off" value={typed} onChange={(_, { value }) => setTyped(value)} />
      </Field>
    </ConfirmDialog>
  );
}
