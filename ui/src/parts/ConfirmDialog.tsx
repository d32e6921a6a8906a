/** Confirmation dialog; it stays open and shows the error if the action fails. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Spinner,
} from '@fluentui/react-components';
import { useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { FailureBar } from './FailureBar';
import { ReturnFocus } from './ReturnFocus';
import { useOpened } from './useOpened';

interface Props {
  open: boolean;
  title: string;
  children?: ReactNode;
  confirmLabel: string;
  /** Runs the action; the dialog closes afterwards, or shows the error that it throws. */
  onConfirm: () => Promise<unknown> | void;
  onClose: () => void;
  danger?: boolean;
  disabled?: boolean;
}

export function ConfirmDialog({ open, title, children, confirmLabel, onConfirm, onClose, danger, disabled }: Props) {
  const { t } = useTranslation('shell');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const opened = useOpened(open);

  const close = () => {
    if (busy) return;
    setError(null);
    onClose();
  };
  const confirm = async () => {
    setBusy(true);
    setError(null);
    try {
      await onConfirm();
      onClose();
    } catch (caught) {
      setError(caught);
    }
    setBusy(false);
  };

  if (!opened) return null;
  return (
    <Dialog
      open={open}
      modalType="alert"
      onOpenChange={(_, data) => {
        if (!data.open) close();
      }}
    >
      <DialogSurface
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
        }}
      >
        <ReturnFocus />
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent>
            {children}
            <FailureBar error={error} />
          </DialogContent>
          <DialogActions>
            <Button
              appearance="primary"
              disabled={busy || disabled}
              icon={busy ? <Spinner size="tiny" /> : undefined}
              className={danger ? 'hl-danger' : undefined}
              onClick={() => void confirm()}
            >
              {confirmLabel}
            </Button>
            <Button disabled={busy} onClick={close}>
              {t('cancel')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
