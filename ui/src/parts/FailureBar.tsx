/** Error message in a form or above a list, with a button that leads out of it; renders nothing without an error. */
import { MessageBar, MessageBarActions, MessageBarBody } from '@fluentui/react-components';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail, errorTitle } from '../lib/errors';

export function FailureBar({ error, action }: { error: unknown; action?: ReactNode }) {
  useTranslation('shell'); // draws again in another language
  if (error === null || error === undefined) return null;
  return (
    <MessageBar intent="error" layout="multiline" style={{ flex: 'none' }}>
      <MessageBarBody>
        {errorTitle(error)} {errorDetail(error)}
      </MessageBarBody>
      {action && <MessageBarActions>{action}</MessageBarActions>}
    </MessageBar>
  );
}
