/** Dialog for a name and description; stays open if the server refuses them. */
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
import { useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { FailureBar } from './FailureBar';
import { belongsAtField, cleaned, isSound, NameFields, type Named, type NameRules } from './NameFields';
import { ReturnFocus } from './ReturnFocus';
import { useOpened } from './useOpened';

interface Props extends NameRules {
  open: boolean;
  title: string;
  submitLabel: string;
  onSubmit: (named: Named) => Promise<unknown>;
  onClose: () => void;
  initialName?: string;
  initialDescription?: string;
  /** Whether to ask for a description at all. */
  withDescription?: boolean;
  /** Further fields, below the name. */
  children?: ReactNode;
}

export function NameDialog(props: Props) {
  const { open, title, onClose } = props;
  const [busy, setBusy] = useState(false);
  if (!useOpened(open)) return null;
  return (
    <Dialog
      open={open}
      onOpenChange={(_, data) => {
        if (!data.open && !busy) onClose();
      }}
    >
      <DialogSurface style={{ maxWidth: 520 }}>
        <ReturnFocus />
        {open && <NameForm {...props} title={title} busy={busy} setBusy={setBusy} />}
      </DialogSurface>
    </Dialog>
  );
}

type FormProps = Props & { busy: boolean; setBusy: (busy: boolean) => void };

function NameForm({ title, submitLabel, onSubmit, onClose, file, taken, busy, setBusy, ...props }: FormProps) {
  const { t } = useTranslation('shell');
  const [value, setValue] = useState({ name: props.initialName ?? '', description: props.initialDescription ?? '' });
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const sound = isSound(value, { file, taken });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!sound || busy) return;
    setBusy(true);
    setError(null);
    try {
      await onSubmit(cleaned(value));
      onClose();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <DialogBody>
        <DialogTitle>{title}</DialogTitle>
        <DialogContent style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
          <NameFields
            autoFocus
            value={value}
            onChange={(next) => {
              setValue(next);
              setError(null);
            }}
            error={error}
            tried={tried}
            withDescription={props.withDescription}
            file={file}
            taken={taken}
          />
          {props.children}
          {!belongsAtField(error) && <FailureBar error={error} />}
        </DialogContent>
        <DialogActions>
          <Button
            type="submit"
            appearance="primary"
            disabled={busy || (tried && !sound)}
            icon={busy ? <Spinner size="tiny" /> : undefined}
          >
            {submitLabel}
          </Button>
          <Button type="button" disabled={busy} onClick={onClose}>
            {t('cancel')}
          </Button>
        </DialogActions>
      </DialogBody>
    </form>
  );
}
