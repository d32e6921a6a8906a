/** Set a tag of several runs, or take it away from them. */
import { Combobox, Field, Input, Option, Radio, RadioGroup } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useChangeTags } from '../../api/runs';
import { FormDialog } from '../../parts/FormDialog';
import { useUndoNotice } from './useUndoNotice';

interface Props {
  workspace: string;
  runs: string[];
  /** Tags that runs of the experiment have. */
  keys: string[];
  onClose: () => void;
}

const SHOWN = 50;

export function TagRuns({ workspace, runs, keys, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { mutateAsync: change } = useChangeTags();
  const done = useUndoNotice();
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const [removes, setRemoves] = useState(false);
  const submit = async () => {
    const changes = runs.map((run) => ({ run, key: key.trim(), value: removes ? null : value }));
    const { before } = await change({ workspace, changes });
    const options = { count: runs.length, key: key.trim() };
    done(t(removes ? 'bulk.tag.removed' : 'bulk.tag.set', options), () => change({ workspace, changes: before }));
  };
  return (
    <FormDialog
      title={t('bulk.tag.title', { count: runs.length })}
      submitLabel={t(removes ? 'bulk.tag.remove' : 'bulk.tag.apply')}
      ready={key.trim() !== ''}
      onSubmit={submit}
      onClose={onClose}
    >
      <RadioGroup layout="horizontal" value={removes ? 'remove' : 'set'} onChange={(_, data) => setRemoves(data.value === 'remove')} aria-label={t('bulk.tag.label')}>
        <Radio value="set" label={t('bulk.tag.apply')} />
        <Radio value="remove" label={t('bulk.tag.remove')} />
      </RadioGroup>
      <Field label={t('bulk.tag.key')} required>
        <Combobox
          freeform
          autoFocus
          value={key}
          selectedOptions={keys.includes(key) ? [key] : []}
          onChange={(event) => setKey(event.target.value)}
          onOptionSelect={(_, data) => setKey(data.optionValue ?? '')}
        >
          {keys
            .filter((one) => one.toLowerCase().includes(key.trim().toLowerCase()))
            .slice(0, SHOWN)
            .map((one) => (
              <Option key={one}>{one}</Option>
            ))}
        </Combobox>
      </Field>
      {!removes && (
        <Field label={t('bulk.tag.value')}>
          <Input value={value} onChange={(_, data) => setValue(data.value)} />
        </Field>
      )}
    </FormDialog>
  );
}
