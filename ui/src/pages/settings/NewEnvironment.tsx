/** Dialog for a new environment: its name and its packages, typed or from a requirements.txt. */
import { Button, Checkbox, Field, Textarea } from '@fluentui/react-components';
import { DocumentArrowUpRegular } from '@fluentui/react-icons';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCreateEnvironment } from '../../api/environments';
import { checkName } from '../../lib/names';
import { FormDialog } from '../../parts/FormDialog';
import { NameFields } from '../../parts/NameFields';
import { EXAMPLE, linesOf } from './requirements';
import styles from './NewEnvironment.module.css';

interface Props {
  workspace: string;
  /** Whether the workspace has no environment yet: then this one becomes the default unless told otherwise. */
  first: boolean;
  taken: readonly string[];
  onMade: (environment: string) => void;
  onClose: () => void;
}

export function NewEnvironment({ workspace, first, taken, onMade, onClose }: Props) {
  const { t } = useTranslation('settings');
  const create = useCreateEnvironment();
  const [name, setName] = useState('');
  const [text, setText] = useState('');
  const [isDefault, setDefault] = useState(first);
  const file = useRef<HTMLInputElement>(null);
  const requirements = linesOf(text);
  const submit = async () => {
    const made = await create.mutateAsync({ workspace, name: name.trim(), requirements, default: isDefault });
    onMade(made.id);
  };
  return (
    <FormDialog
      title={t('environment.new')}
      submitLabel={t('environment.build')}
      ready={checkName(name, { taken }) === null && requirements.length > 0}
      onSubmit={submit}
      onClose={onClose}
    >
      <NameFields
        autoFocus
        value={{ name, description: '' }}
        onChange={(next) => setName(next.name)}
        error={create.error}
        tried={false}
        withDescription={false}
        taken={taken}
      />
      <Field label={t('environment.requirements')} hint={t('environment.hint')} required>
        <Textarea
          className={styles.code}
          rows={7}
          resize="vertical"
          spellCheck={false}
          value={text}
          placeholder={EXAMPLE}
          onChange={(_, { value }) => setText(value)}
        />
      </Field>
      <div>
        <Button size="small" icon={<DocumentArrowUpRegular />} onClick={() => file.current?.click()}>
          {t('environment.fromFile')}
        </Button>
        <input
          ref={file}
          type="file"
          accept=".txt,.in"
          hidden
          onChange={({ target }) => {
            void target.files?.[0]?.text().then(setText);
            target.value = '';
          }}
        />
      </div>
      <Checkbox
        checked={isDefault}
        label={t('environment.asDefault')}
        onChange={(_, { checked }) => setDefault(checked === true)}
      />
    </FormDialog>
  );
}
