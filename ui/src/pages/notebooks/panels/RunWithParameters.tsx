/** Runs the whole notebook in a session of its own, with other values for its parameters. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { path } from '../../../api/client';
import { useStartJob } from '../../../api/schedules';
import type { Notebook } from '../../../api/schema';
import { useNotices } from '../../../lib/notices';
import { FormDialog } from '../../../parts/FormDialog';
import { SectionText } from '../../../parts/form/Section';
import { readParameters } from '../../schedules/draft';
import { ParameterFields } from '../../schedules/ParameterFields';
import type { NotebookHost } from '../lab/notebookHost';
import { isMarked } from '../marks';
import { parametersOf } from '../parameters';

interface Props {
  record: Notebook;
  host: NotebookHost;
  onClose: () => void;
}

export function RunWithParameters({ record: { workspace, id, name }, host, onClose }: Props) {
  const { t } = useTranslation('notebooks');
  const { notify } = useNotices();
  const start = useStartJob();
  const [cell] = useState(() => host.panel.content.widgets.find(({ model }) => isMarked(model, 'parameters')));
  const [parameters, setParameters] = useState(() => (cell ? parametersOf(cell.model.sharedModel.getSource()) : []));
  const run = async () => {
    await host.saver.save();
    const job = await start.mutateAsync({ workspace, notebook: id, parameters: readParameters(parameters) });
    notify({
      intent: 'success',
      title: t('runWith.started', { name }),
      link: { label: t('runWith.follow'), to: path`/workspaces/${workspace}/jobs/${job.id}` },
    });
  };
  return (
    <FormDialog title={t('runWith.title')} submitLabel={t('runWith.run')} ready onSubmit={run} onClose={onClose}>
      <SectionText>{t(cell ? 'runWith.text' : 'runWith.noCell')}</SectionText>
      <ParameterFields parameters={parameters} onChange={setParameters} />
    </FormDialog>
  );
}
