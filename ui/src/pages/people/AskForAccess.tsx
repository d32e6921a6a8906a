/** Asks whoever manages a workspace for a role in it: where a link leads to one that the person cannot see. */
import { Button, Field, Textarea } from '@fluentui/react-components';
import { PersonAddRegular } from '@fluentui/react-icons';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAskedAccess, useAskForAccess } from '../../api/accessRequests';
import { FormDialog } from '../../parts/FormDialog';

const LONGEST_NOTE = 500;

export function AskForAccess({ workspace }: { workspace: string }) {
  const { t } = useTranslation('people');
  const client = useQueryClient();
  const { data } = useAskedAccess(workspace);
  const ask = useAskForAccess();
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  const granted = data?.granted;
  useEffect(() => {
    if (granted) void client.invalidateQueries({ queryKey: ['workspaces'] });
  }, [client, granted]);
  if (!data || granted || data.asked_at || data.declined_at) return null;
  return (
    <>
      <Button appearance="primary" icon={<PersonAddRegular />} onClick={() => setOpen(true)}>
        {t('ask.button')}
      </Button>
      {open && (
        <FormDialog
          title={t('ask.button')}
          submitLabel={t('ask.send')}
          ready
          onSubmit={() => ask.mutateAsync({ place: workspace, note })}
          onClose={() => setOpen(false)}
        >
          {t('ask.text')}
          <Field label={t('ask.note')}>
            <Textarea value={note} maxLength={LONGEST_NOTE} rows={3} onChange={(_, { value }) => setNote(value)} />
          </Field>
        </FormDialog>
      )}
    </>
  );
}
