/** Dialog around a form: Enter submits it, it stays open and shows the error if that fails. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from '@fluentui/react-components';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { FailureBar } from './FailureBar';
import { ReturnFocus } from './ReturnFocus';

interface Props {
  title: string;
  submitLabel: string;
  /** Whether the fields are complete. */
  ready: boolean;
  onSubmit: () => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}

export function FormDialog({ title, submitLabel, ready, onSubmit, onClose, children }: Props) {
  const { t } = useTranslation('shell');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !ready) return;
    setBusy(true);
    setError(null);
    try {
      await onSubmit();
      onClose();
    } catch (caught) {
      setError(caught);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(_, data) => !data.open && !busy && onClose()}>
      <DialogSurface style={{ maxWidth: 520 }}>
        <ReturnFocus />
        <form onSubmit={(event) => void submit(event)} noValidate>
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
              {children}
              <FailureBar error={error} />
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={busy || !ready} icon={busy ? <Spinner size="tiny" /> : undefined}>
                {submitLabel}
              </Button>
              <Button type="button" disabled={busy} onClick={onClose}>
                {t('cancel')}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
