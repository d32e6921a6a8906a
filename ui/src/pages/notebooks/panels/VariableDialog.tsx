/** One variable, whole: a frame as a table, anything else as text. */
import { Button, Dialog, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ReturnFocus } from '../../../parts/ReturnFocus';
import { FrameView } from '../frame/FrameView';
import type { KernelRequests } from '../lab/kernelRequests';
import type { NotebookHost } from '../lab/notebookHost';
import { LongText } from '../../../parts/LongText';
import styles from './VariableDialog.module.css';

interface Props {
  name: string;
  requests: KernelRequests;
  host: NotebookHost;
  onClose: () => void;
}

export function VariableDialog({ name, requests, host, onClose }: Props) {
  const { t } = useTranslation(['notebooks', 'shell']);
  const { data, error } = useQuery({
    queryKey: ['variable', host.link.session?.kernel, name],
    queryFn: async () => (await requests.ask({ ask: 'view', name })).content,
    retry: false,
    gcTime: 0,
  });
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface}>
        <ReturnFocus />
        <DialogBody>
          <DialogTitle
            action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={t('shell:close')} onClick={onClose} />}
          >
            {name}
          </DialogTitle>
          <DialogContent>
            {error && <p>{error.message}</p>}
            {!data && !error && <Spinner size="tiny" label={t(host.runner.isBusy ? 'frame.behindCell' : 'frame.waiting')} />}
            {data?.frame !== undefined && <FrameView data={data.frame} host={host} />}
            {data?.text !== undefined && <pre className={styles.text}><LongText text={String(data.text)} /></pre>}
            {data?.cut === true && <p>{t('variables.cut')}</p>}
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
