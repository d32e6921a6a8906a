/** Dialog to create an item: asks for workspace and name, creates it and opens it. */
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { itemPath, useCreateItem, useItems } from '../../api/items';
import type { Item } from '../../api/schema';
import { useWorkspaces } from '../../api/workspaces';
import { freeName } from '../../lib/names';
import { useStoredList } from '../../lib/stored';
import { NameDialog } from '../../parts/NameDialog';
import { WorkspaceField } from '../../parts/WorkspaceField';

export function CreateDialog({ kind, onClose }: { kind: Item['kind']; onClose: () => void }) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const navigate = useNavigate();
  const create = useCreateItem();
  const workspaces = useWorkspaces().data?.filter((one) => one.role !== null && one.role !== 'viewer');
  const [last] = useStoredList('handloom.workspace');
  const [picked, setPicked] = useState<string | null>(null);
  const workspace = picked ?? workspaces?.find((one) => one.id === last[0])?.id ?? workspaces?.[0]?.id ?? '';
  const items = useItems(workspace);
  const taken = items.data?.filter((item) => item.kind === kind).map((item) => item.name);
  // Wait for the first list to propose a free name; do not change the user's text later.
  if (!taken && picked === null && !items.error) return null;
  return (
    <NameDialog
      open
      title={t(`workspaces:newItem.${kind}`)}
      submitLabel={t('workspaces:newItem.create')}
      initialName={freeName(t(`workspaces:newItem.names.${kind}`), taken ?? [])}
      file={kind === 'notebook'}
      onSubmit={async (named) => {
        const item = await create.mutateAsync({ kind, workspace, ...named });
        void navigate(itemPath(item));
      }}
      onClose={onClose}
    >
      <WorkspaceField
        label={t('shell:kinds.workspace')}
        workspaces={workspaces ?? []}
        value={workspace}
        onChange={setPicked}
      />
    </NameDialog>
  );
}
