/** Copies a text; the icon says that it did. */
import { Button, Tooltip } from '@fluentui/react-components';
import { CheckmarkRegular, CopyRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  text: string;
  /** What is copied: "Copy run ID". */
  label: string;
  /** Show the label beside the icon. */
  worded?: boolean;
  /** In a cell of a grid, which has one Tab stop: arrows go to the cell, Enter presses its button. */
  inGrid?: boolean;
}

export function CopyButton({ text, label, worded = false, inGrid = false }: Props) {
  const { t } = useTranslation('shell');
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  const icon = copied ? <CheckmarkRegular /> : <CopyRegular />;
  if (worded) {
    return (
      <Button size="small" icon={icon} onClick={() => void copy()}>
        {copied ? t('copied') : label}
      </Button>
    );
  }
  return (
    <Tooltip content={copied ? t('copied') : label} relationship="label">
      <Button size="small" appearance="subtle" icon={icon} tabIndex={inGrid ? -1 : undefined} onClick={() => void copy()} />
    </Tooltip>
  );
}
