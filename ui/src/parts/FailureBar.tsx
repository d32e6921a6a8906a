/** A failure told where it happened, in a form or above a list. Nothing where there is none. */
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
