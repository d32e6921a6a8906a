/** A text field with a copy button. `secret`: hidden until revealed, but can be copied. */
import { Button, Field, Input } from '@fluentui/react-components';
import { CheckmarkRegular, CopyRegular, EyeOffRegular, EyeRegular } from '@fluentui/react-icons';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  label: string;
  text: string;
  secret?: boolean;
}

export function CopyField({ label, text, secret = false }: Props) {
  const { t } = useTranslation('shell');
  const [hidden, setHidden] = useState(secret);
  const [copied, setCopied] = useState<boolean | null>(null);
  useEffect(() => {
    if (copied === null) return;
    const timer = setTimeout(() => setCopied(null), 2500);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // The clipboard needs a secure origin; otherwise show the text, so that it can be copied by hand.
      setHidden(false);
      setCopied(false);
    }
  };

  return (
    <Field
      label={label}
      validationState={copied === false ? 'warning' : 'none'}
      validationMessage={copied === false ? t('copyByHand') : undefined}
    >
      <Input
        readOnly
        value={text}
        type={hidden ? 'password' : 'text'}
        autoComplete="off"
        style={{ fontFamily: 'var(--fontFamilyMonospace)' }}
        onFocus={(event) => event.target.select()}
        contentAfter={
          <>
            {secret && (
              <Button
                appearance="transparent"
                size="small"
                icon={hidden ? <EyeRegular /> : <EyeOffRegular />}
                aria-label={t(hidden ? 'show' : 'hide')}
                onClick={() => setHidden(!hidden)}
              />
            )}
            <Button
              appearance="transparent"
              size="small"
              icon={copied ? <CheckmarkRegular /> : <CopyRegular />}
              onClick={() => void copy()}
            >
              {t(copied ? 'copied' : 'copy')}
            </Button>
          </>
        }
      />
    </Field>
  );
}
