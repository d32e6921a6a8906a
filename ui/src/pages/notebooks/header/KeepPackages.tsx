/** Keep what a session has installed: its requirements become part of its environment, or of a new default one. */
import { Button } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { useChangeEnvironment, useCreateEnvironment, useEnvironments } from '../../../api/environments';
import type { Session } from '../../../api/schema';
import { errorDetail, errorTitle } from '../../../lib/errors';
import { useNotices } from '../../../lib/notices';
import styles from './KeepPackages.module.css';

export function KeepPackages({ session }: { session: Session }) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const { data } = useEnvironments(session.workspace);
  const create = useCreateEnvironment();
  const change = useChangeEnvironment();
  if (!data) return null;
  const { workspace, requested } = session;
  const into = data.find((one) => one.id === session.environment_id) ?? data.find((one) => one.is_default);
  const known = into?.requirements ?? [];
  const more = requested.filter((line) => !known.includes(line));
  if (more.length === 0) return null;
  const outcome = {
    onSuccess: () =>
      notify({
        intent: 'info',
        title: t('session.kept', { name: into?.name ?? t('environment.first') }),
        body: t('session.keptDetail'),
        link: { label: t('session.keptLink'), to: `/workspaces/${workspace}?settings=environment` },
      }),
    onError: (error: Error) => notify({ intent: 'error', title: errorTitle(error), body: errorDetail(error) }),
  };
  const keep = () => {
    const requirements = [...known, ...more];
    if (into) change.mutate({ workspace, environment: into.id, requirements }, outcome);
    else create.mutate({ workspace, name: t('environment.first'), requirements, default: true }, outcome);
  };
  return (
    <Button
      size="small"
      className={styles.keep}
      title={more.join('\n')}
      disabled={create.isPending || change.isPending || into?.state === 'building'}
      onClick={keep}
    >
      {into ? t('session.keepIn', { name: into.name }) : t('session.keep')}
    </Button>
  );
}
