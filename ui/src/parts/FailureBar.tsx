/** Error message in a form or above a list; renders nothing without an error. */
import { MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { errorDetail, errorTitle } from '../lib/errors';

export function FailureBar({ error }: { error: unknown }) {
  useTranslation('shell'); // draws again in another language
  if (error === null || error === undefined) return null;
  return (
    <MessageBar intent="error" layout="multiline" style={{ flex: 'none' }}>
      <MessageBarBody>
        {errorTitle(error)} {errorDetail(error)}
      </MessageBarBody>
    </MessageBar>
  );
}
