/** The menu of a folder's row. */
import { Menu, MenuDivider, MenuItem, MenuList, MenuPopover, type PositioningVirtualElement } from '@fluentui/react-components';
import { DeleteRegular, FolderAddRegular, FolderArrowRightRegular, OpenRegular, RenameRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import type { ItemFolder } from '../../api/schema';
import { ReturnFocus } from '../../parts/ReturnFocus';
import type { Dragged } from './useRowDrags';

/** What can be done with the folders of a list. */
export interface FolderDoings {
  /** The workspace has folders: its list is a tree. */
  any: boolean;
  pathOf: (id: string) => string;
  onExpand: (id: string, expanded: boolean) => void;
  onNew: (parent: string) => void;
  onRename: (folder: ItemFolder) => void;
  onMove: (folder: ItemFolder) => void;
  onRemove: (folder: ItemFolder) => void;
  onDrop: (dragged: Dragged, folder: string) => void;
}

export interface FolderMenuAt {
  folder: ItemFolder;
  target: HTMLElement | PositioningVirtualElement;
}

interface Props {
  at: FolderMenuAt | null;
  canWrite: boolean;
  doings: FolderDoings;
  onClose: () => void;
}

export function FolderMenu({ at, canWrite, doings, onClose }: Props) {
  const { t } = useTranslation(['workspaces', 'shell']);
  const navigate = useNavigate();
  if (!at) return null;
  const { folder, target } = at;
  return (
    <Menu open positioning={{ target, position: 'below', align: 'start' }} onOpenChange={(_, data) => !data.open && onClose()}>
      <MenuPopover>
        <ReturnFocus />
        <MenuList>
          <MenuItem icon={<OpenRegular />} onClick={() => void navigate(doings.pathOf(folder.id))}>
            {t('shell:open')}
          </MenuItem>
          {canWrite && (
            <>
              <MenuDivider />
              <MenuItem icon={<FolderAddRegular />} onClick={() => doings.onNew(folder.id)}>
                {t('workspaces:folders.newInside')}
              </MenuItem>
              <MenuItem icon={<RenameRegular />} secondaryContent="F2" onClick={() => doings.onRename(folder)}>
                {t('shell:rename')}
              </MenuItem>
              <MenuItem icon={<FolderArrowRightRegular />} onClick={() => doings.onMove(folder)}>
                {t('workspaces:folders.move')}
              </MenuItem>
              <MenuItem icon={<DeleteRegular />} secondaryContent={t('workspaces:deleteKey')} onClick={() => doings.onRemove(folder)}>
                {t('workspaces:folders.remove')}
              </MenuItem>
            </>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
