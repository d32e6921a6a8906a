/** Error state: what happened, the server's message and an action. */
import { Button } from '@fluentui/react-components';
import { ArrowClockwiseRegular, ErrorCircleRegular } from '@fluentui/react-icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail, errorTitle } from '../lib/errors';
import { EmptyState } from './EmptyState';

interface Props {
  error: unknown;
  onRetry?: () => void;
  actions?: ReactNode;
}

export function ErrorState({ error, onRetry, actions }: Props) {
  const { t } = useTranslation('shell');
  return (
    <div role="alert" style={{ height: '100%' }}>
      <EmptyState
        icon={<ErrorCircleRegular />}
        title={errorTitle(error)}
        text={errorDetail(error)}
        actions={
          <>
            {onRetry && (
              <Button icon={<ArrowClockwiseRegular />} onClick={onRetry}>
                {t('retry')}
              </Button>
            )}
            {actions}
          </>
        }
      />
    </div>
  );
}
