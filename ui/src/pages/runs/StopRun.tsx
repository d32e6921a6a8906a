/** Button to stop a run that has not ended, with a question first. */
import { Button } from '@fluentui/react-components';
import { RecordStopRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useStopRun } from '../../api/runs';
import type { RunRow } from '../../api/schema';
import { useNotices } from '../../lib/notices';
import { ConfirmDialog } from '../../parts/ConfirmDialog';

export function StopRun({ workspace, run }: { workspace: string; run: Pick<RunRow, 'run_id' | 'name'> }) {
  const { t } = useTranslation('runs');
  const { notify } = useNotices();
  const [asks, setAsks] = useState(false);
  const { mutateAsync: stop } = useStopRun();
  const confirm = async () => {
    await stop({ workspace, run: run.run_id });
    notify({ intent: 'success', title: t('stop.done', { name: run.name }) });
  };
  return (
    <>
      <Button size="small" icon={<RecordStopRegular />} onClick={() => setAsks(true)}>
        {t('stop.label')}
      </Button>
      <ConfirmDialog open={asks} title={t('stop.title', { name: run.name })} confirmLabel={t('stop.label')} onConfirm={confirm} onClose={() => setAsks(false)} danger>
        {t('stop.text')}
      </ConfirmDialog>
    </>
  );
}
