/** Where commits are pushed, with which token, and whether they hold outputs. */
import { Button, Field, Input, Spinner, Switch } from '@fluentui/react-components';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFetchBranch, useSetRemote } from '../../api/git';
import type { GitStatus } from '../../api/schema';
import { useNotices } from '../../lib/notices';
import { FailureBar } from '../../parts/FailureBar';
import { FormDialog } from '../../parts/FormDialog';

interface Props {
  workspace: string;
  status: GitStatus;
  onClose: () => void;
}

export function RemoteDialog({ workspace, status, onClose }: Props) {
  const { t } = useTranslation(['git', 'shell']);
  const { notify } = useNotices();
  const set = useSetRemote();
  const { remote } = status;
  const [url, setUrl] = useState(remote.url);
  const [branch, setBranch] = useState(remote.branch);
  const [username, setUsername] = useState(remote.username);
  const [secret, setSecret] = useState<string | undefined>(undefined);
  const [outputs, setOutputs] = useState(remote.keep_outputs);
  const save = async () => {
    await set.mutateAsync({ workspace, remote_url: url.trim(), branch: branch.trim(), username: username.trim(), secret: secret ?? null, keep_outputs: outputs });
    notify({ intent: 'success', title: t('git:saved') });
  };
  const isSaved = remote.url !== '' && url.trim() === remote.url && branch.trim() === remote.branch && secret === undefined;
  return (
    <FormDialog title={t('git:repository')} submitLabel={t('shell:save')} ready={branch.trim() !== ''} onSubmit={save} onClose={onClose}>
      <Field label={t('git:url')} hint={t('git:urlHint')}>
        <Input type="url" autoFocus value={url} placeholder={t('git:urlExample')} onChange={(_, data) => setUrl(data.value)} />
      </Field>
      <Field label={t('git:branch')} required>
        <Input value={branch} onChange={(_, data) => setBranch(data.value)} />
      </Field>
      <Field label={t('git:username')} hint={t('git:usernameHint')}>
        <Input autoComplete="off" value={username} onChange={(_, data) => setUsername(data.value)} />
      </Field>
      <Field label={t('git:secret')} hint={t(remote.has_secret ? 'git:secretKept' : 'git:secretHint')}>
        <Input type="password" autoComplete="new-password" value={secret ?? ''} onChange={(_, data) => setSecret(data.value || undefined)} />
      </Field>
      <Switch label={t('git:keepOutputs')} checked={outputs} onChange={(_, data) => setOutputs(data.checked)} />
      {!status.head && isSaved && <Begin workspace={workspace} branch={remote.branch} onDone={onClose} />}
    </FormDialog>
  );
}

/** Begin with what the repository holds, so that the first push does not meet commits that are not here. */
function Begin({ workspace, branch, onDone }: { workspace: string; branch: string; onDone: () => void }) {
  const { t } = useTranslation('git');
  const { notify } = useNotices();
  const fetch = useFetchBranch();
  const begin = () =>
    fetch.mutate(
      { workspace },
      {
        onSuccess: ({ found }) => {
          notify({ intent: found ? 'success' : 'info', title: t(found ? 'begun' : 'noBranch', { branch }) });
          onDone();
        },
      },
    );
  return (
    <Field hint={t('beginHint')}>
      <Button type="button" disabled={fetch.isPending} icon={fetch.isPending ? <Spinner size="tiny" /> : undefined} onClick={begin}>
        {t('begin', { branch })}
      </Button>
      <FailureBar error={fetch.error} />
    </Field>
  );
}
