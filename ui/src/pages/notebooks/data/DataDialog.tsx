/** The rows of a table or the content of a file, over the notebook. */
import { Button, Dialog, DialogBody, DialogContent, DialogSurface, DialogTitle, Spinner } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useTable, type TablePlace } from '../../../api/tables';
import { errorDetail } from '../../../lib/errors';
import { FilePreview } from '../../../parts/files/FilePreview';
import type { FileNode, Source } from '../../../parts/files/source';
import { ReturnFocus } from '../../../parts/ReturnFocus';
import { PreviewGrid } from '../../tables/PreviewGrid';
import { tableOf } from './source';
import styles from './DataDialog.module.css';

interface Props {
  workspace: string;
  node: FileNode;
  source: Source;
  onClose: () => void;
}

export function DataDialog({ workspace, node, source, onClose }: Props) {
  const { t } = useTranslation('shell');
  const table = tableOf(node);
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface className={styles.surface}>
        <ReturnFocus />
        <DialogBody className={styles.body}>
          <DialogTitle
            action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={t('close')} onClick={onClose} />}
          >
            {table ? `${table.schema}.${table.name}` : node.name}
          </DialogTitle>
          <DialogContent className={styles.content}>
            {table ? (
              <TableRows place={{ workspace, schema: table.schema, table: table.name }} />
            ) : (
              <FilePreview source={source} node={node} />
            )}
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function TableRows({ place }: { place: TablePlace }) {
  const { t } = useTranslation('tables');
  const { data, error } = useTable(place, null);
  if (data) return <PreviewGrid place={place} detail={data} />;
  if (error) return <p>{errorDetail(error)}</p>;
  return <Spinner size="small" label={t('loading')} />;
}
