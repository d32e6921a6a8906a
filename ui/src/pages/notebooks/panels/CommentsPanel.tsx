/** The comments on the open notebook, beside it. */
import { useTranslation } from 'react-i18next';
import type { Notebook } from '../../../api/schema';
import { SidePanel } from '../../../parts/SidePanel';
import { Comments } from '../../comments/Comments';

interface Props {
  open: boolean;
  record: Notebook;
  onClose: () => void;
}

export function CommentsPanel({ open, record, onClose }: Props) {
  const { t } = useTranslation('comments');
  return (
    <SidePanel open={open} title={t('title')} width={480} onClose={onClose}>
      {open && <Comments target={{ workspace: record.workspace, kind: 'notebook', id: record.id }} />}
    </SidePanel>
  );
}
