/** A new notebook, experiment, model or report in this workspace: asks for its name and opens it. */
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { itemPath, useCreateItem } from '../../api/items';
import type { Item } from '../../api/schema';
import { freeName } from '../../lib/names';
import { NameDialog } from '../../parts/NameDialog';

interface Props {
  kind: Item['kind'] | null;
  workspace: string;
  /** What the workspace holds already: the proposed name is free. */
  items: readonly Item[];
  /** The folder that it goes into, '' for none. */
  folder: string;
  onClose: () => void;
}

export function NewItemDialog({ kind, workspace, items, folder, onClose }: Props) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const navigate = useNavigate();
  const create = useCreateItem();
  if (!kind) return null;
  const taken = items.filter((item) => item.kind === kind).map((item) => item.name);
  return (
    <NameDialog
      open
      title={t(`workspaces:newItem.${kind}`)}
      submitLabel={t('workspaces:newItem.create')}
      initialName={freeName(t(`workspaces:newItem.names.${kind}`), taken)}
      file={kind === 'notebook'}
      onSubmit={async (named) => {
        const item = await create.mutateAsync({ kind, workspace, folder, ...named });
        void navigate(itemPath(item));
      }}
      onClose={onClose}
    />
  );
}
