/** Aliases of a version, such as champion: add, remove; adding one that another version has moves it. */
import { Button, Field, Input, Tag } from '@fluentui/react-components';
import { AddRegular, CheckmarkRegular, DismissRegular } from '@fluentui/react-icons';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { usePutAlias, useRemoveAlias } from '../../api/models';
import type { ModelView } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import { errorDetail } from '../../lib/errors';
import { aliasProblem } from '../../lib/tags';
import styles from './AliasList.module.css';

interface Props {
  model: ModelView;
  version: number;
  aliases: string[];
}

export function AliasList({ model, version, aliases }: Props) {
  const { t } = useTranslation('models');
  const [adding, setAdding] = useState(false);
  const remove = useRemoveAlias();
  const canWrite = useCanWrite(model.workspace);
  const place = { workspace: model.workspace, model: model.name };
  return (
    <>
      <div className={styles.aliases}>
        {aliases.map((alias) => (
          <Tag
            key={alias}
            size="small"
            appearance="brand"
            {...(canWrite && {
              dismissible: true,
              dismissIcon: { 'aria-label': t('aliases.remove', { alias }) },
              onClick: () => remove.mutate({ ...place, alias }),
              'aria-label': t('aliases.remove', { alias }),
            })}
          >
            @{alias}
          </Tag>
        ))}
        {adding ? (
          <AliasForm model={model} version={version} onClose={() => setAdding(false)} />
        ) : (
          canWrite && (
            <Button size="small" appearance="subtle" icon={<AddRegular />} onClick={() => setAdding(true)}>
              {t('aliases.add')}
            </Button>
          )
        )}
      </div>
      {remove.error && <p role="alert">{errorDetail(remove.error)}</p>}
    </>
  );
}

function AliasForm({ model, version, onClose }: Omit<Props, 'aliases'> & { onClose: () => void }) {
  const { t } = useTranslation(['models', 'shell']);
  const [alias, setAlias] = useState('');
  const [note, setNote] = useState('');
  const put = usePutAlias();
  const problem = alias ? aliasProblem(alias) : null;
  const holder = model.versions.find((one) => one.version !== version && one.aliases.includes(alias.trim()));
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (!alias.trim() || problem) return;
    await put
      .mutateAsync({ workspace: model.workspace, model: model.name, alias: alias.trim(), version, note: note.trim() })
      .then(onClose)
      .catch(() => undefined);
  };
  const hint = holder ? t('aliases.moves', { version: holder.version }) : undefined;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => void save(event)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <Field hint={hint} validationMessage={problem ? t(`aliases.problem.${problem}`) : put.error ? errorDetail(put.error) : undefined}>
        <Input
          autoFocus
          size="small"
          aria-label={t('aliases.name')}
          placeholder={t('aliases.example')}
          value={alias}
          onChange={(_, data) => setAlias(data.value)}
        />
      </Field>
      <Input
        size="small"
        className={styles.note}
        aria-label={t('aliases.note')}
        placeholder={t('aliases.note')}
        value={note}
        onChange={(_, data) => setNote(data.value)}
      />
      <Button type="submit" size="small" appearance="primary" disabled={put.isPending} icon={<CheckmarkRegular />} aria-label={t('shell:save')} />
      <Button size="small" appearance="subtle" icon={<DismissRegular />} aria-label={t('shell:cancel')} onClick={onClose} />
    </form>
  );
}
