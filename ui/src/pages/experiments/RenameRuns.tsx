/** Rename several runs by a pattern, with a preview of the first names. */
import { Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useRenameRuns } from '../../api/runs';
import { namesFrom, type NamedRun } from '../../lib/runNames';
import { FormDialog } from '../../parts/FormDialog';
import { MiddleEllipsis } from '../../parts/MiddleEllipsis';
import styles from './RenameRuns.module.css';
import { useUndoNotice } from './useUndoNotice';

const PREVIEWED = 5;

export function RenameRuns({ workspace, runs, onClose }: { workspace: string; runs: NamedRun[]; onClose: () => void }) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { mutateAsync: rename } = useRenameRuns();
  const done = useUndoNotice();
  const [pattern, setPattern] = useState('{name}');
  const names = namesFrom(pattern, runs);
  const changed = names.filter((one, at) => one.name !== runs[at]?.name);
  const submit = async () => {
    const { before } = await rename({ workspace, names: changed });
    done(t('bulk.rename.done', { count: changed.length }), () => rename({ workspace, names: before }));
  };
  return (
    <FormDialog
      title={t('bulk.rename.title', { count: runs.length })}
      submitLabel={t('shell:rename')}
      ready={changed.length > 0 && names.every((one) => one.name !== '')}
      onSubmit={submit}
      onClose={onClose}
    >
      <Field label={t('bulk.rename.pattern')} hint={t('bulk.rename.hint')}>
        <Input autoFocus value={pattern} onChange={(_, data) => setPattern(data.value)} />
      </Field>
      <ul className={styles.names} aria-label={t('bulk.rename.preview')}>
        {names.slice(0, PREVIEWED).map((one, at) => (
          <li key={one.run}>
            <MiddleEllipsis text={runs[at]?.name ?? ''} />
            <span aria-hidden>→</span>
            <MiddleEllipsis text={one.name} />
          </li>
        ))}
        {names.length > PREVIEWED && <li className={styles.more}>{t('bulk.rename.more', { count: names.length - PREVIEWED })}</li>}
      </ul>
    </FormDialog>
  );
}
