/** Asks for a name and a description; rules are told while typing, the server's refusals at their field. */
import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Spinner,
  Textarea,
} from '@fluentui/react-components';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, errorDetail, errorTitle } from '../lib/errors';
import { checkDescription, checkName } from '../lib/names';

export interface Named {
  name: string;
  description: string;
}

interface Props {
  open: boolean;
  title: string;
  submitLabel: string;
  onSubmit: (named: Named) => Promise<unknown>;
  onClose: () => void;
  initialName?: string;
  initialDescription?: string;
  /** Whether to ask for a description at all. */
  withDescription?: boolean;
  /** The name becomes a file's: path characters are refused while typing. */
  file?: boolean;
  taken?: readonly string[];
  /** Further fields, above the name. */
  children?: ReactNode;
}

export function NameDialog(props: Props) {
  const { open, title, onClose } = props;
  const [busy, setBusy] = useState(false);
  return (
    <Dialog
      open={open}
      onOpenChange={(_, data) => {
        if (!data.open && !busy) onClose();
      }}
    >
      <DialogSurface style={{ maxWidth: 520 }}>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          {open && <NameForm {...props} busy={busy} setBusy={setBusy} />}
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

type FormProps = Props & { busy: boolean; setBusy: (busy: boolean) => void };

function NameForm(props: FormProps) {
  const { submitLabel, onSubmit, onClose, initialName = '', initialDescription = '', withDescription = true } = props;
  const { t } = useTranslation('shell');
  const [name, setName] = useState(initialName);
  const [description, setDescription] = useState(initialDescription);
  const [touched, setTouched] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const nameProblem = checkName(name, { file: props.file, taken: props.taken });
  const descriptionProblem = checkDescription(description);
  const refused = error instanceof ApiError && (error.field !== null || error.code === 'already_exists') ? error : null;
  const say = (key: string, values?: Record<string, string | number>) => t(`names.${key}`, values);
  const refusal = refused?.code === 'already_exists' ? say('taken', { name }) : refused?.message;
  const nameText = nameProblem && touched ? say(nameProblem.key, nameProblem.values) : undefined;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (nameProblem || descriptionProblem || props.busy) return;
    props.setBusy(true);
    setError(null);
    try {
      await onSubmit({ name: name.normalize('NFC').trim(), description: description.trim() });
      onClose();
    } catch (caught) {
      setError(caught);
    }
    props.setBusy(false);
  };

  return (
    <form onSubmit={(event) => void submit(event)} style={{ display: 'contents' }}>
      <DialogContent style={{ display: 'flex', flexDirection: 'column', gap: 12 }}>
        {props.children}
        <Field
          label={t('name')}
          required
          validationMessage={nameText ?? (refused && refused.field !== 'description' ? refusal : undefined)}
        >
          <Input
            autoFocus
            value={name}
            maxLength={1000}
            onFocus={(event) => event.target.select()}
            onChange={(_, data) => {
              setName(data.value);
              setTouched(true);
              setError(null);
            }}
          />
        </Field>
        {withDescription && (
          <Field
            label={t('description')}
            validationMessage={
              descriptionProblem
                ? say(descriptionProblem.key, descriptionProblem.values)
                : refused?.field === 'description'
                  ? refused.message
                  : undefined
            }
          >
            <Textarea rows={3} value={description} onChange={(_, data) => setDescription(data.value)} />
          </Field>
        )}
        {error !== null && !refused && (
          <MessageBar intent="error">
            <MessageBarBody>
              {errorTitle(error, t)} {errorDetail(error)}
            </MessageBarBody>
          </MessageBar>
        )}
      </DialogContent>
      <DialogActions>
        <Button
          type="submit"
          appearance="primary"
          disabled={props.busy || (touched && nameProblem !== null) || descriptionProblem !== null}
          icon={props.busy ? <Spinner size="tiny" /> : undefined}
        >
          {submitLabel}
        </Button>
        <Button type="button" disabled={props.busy} onClick={onClose}>
          {t('cancel')}
        </Button>
      </DialogActions>
    </form>
  );
}
