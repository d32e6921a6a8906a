/** Asks for the address of a git repository, and gives its files as an archive. */
import { Accordion, AccordionHeader, AccordionItem, AccordionPanel, Field, Input } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { getArchive } from '../../api/git';
import { FormDialog } from '../../parts/FormDialog';
import styles from './FromGitDialog.module.css';

interface Props {
  workspace: string;
  onArchive: (archive: File) => void;
  onClose: () => void;
}

export function FromGitDialog({ workspace, onArchive, onClose }: Props) {
  const { t } = useTranslation('workspaces');
  const [url, setUrl] = useState('');
  const [branch, setBranch] = useState('');
  const [username, setUsername] = useState('');
  const [secret, setSecret] = useState('');
  const submit = async () => onArchive(await getArchive({ workspace, remote_url: url, branch, username, secret }));
  return (
    <FormDialog title={t('git.title')} submitLabel={t('git.submit')} ready={url.trim() !== ''} onSubmit={submit} onClose={onClose}>
      <p className={styles.about}>{t('git.about')}</p>
      <Field label={t('git.url')} required>
        <Input type="url" autoFocus value={url} placeholder={t('git.urlExample')} onChange={(_, data) => setUrl(data.value)} />
      </Field>
      <Field label={t('git.branch')} hint={t('git.branchHint')}>
        <Input value={branch} onChange={(_, data) => setBranch(data.value)} />
      </Field>
      <Accordion collapsible>
        <AccordionItem value="private">
          <AccordionHeader className={styles.private}>{t('git.private')}</AccordionHeader>
          <AccordionPanel className={styles.fields}>
            <Field label={t('git.username')} hint={t('git.usernameHint')}>
              <Input autoComplete="off" value={username} onChange={(_, data) => setUsername(data.value)} />
            </Field>
            <Field label={t('git.secret')} hint={t('git.secretHint')}>
              <Input type="password" autoComplete="new-password" value={secret} onChange={(_, data) => setSecret(data.value)} />
            </Field>
          </AccordionPanel>
        </AccordionItem>
      </Accordion>
    </FormDialog>
  );
}
