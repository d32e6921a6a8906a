import { Button } from '@fluentui/react-components';
import { CompassNorthwestRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { EmptyState } from '../../parts/EmptyState';

export function NotFoundPage() {
  const { t } = useTranslation('shell');
  const navigate = useNavigate();
  return (
    <EmptyState
      icon={<CompassNorthwestRegular />}
      title={t('notFound.title')}
      text={t('notFound.text')}
      actions={<Button onClick={() => void navigate('/')}>{t('goHome')}</Button>}
    />
  );
}
