/** The menu of a row: at its button, or where the pointer was. */
import { Menu, MenuDivider, MenuItem, MenuList, MenuPopover, type PositioningVirtualElement } from '@fluentui/react-components';
import { DeleteRegular, FolderArrowRightRegular, OpenRegular, RenameRegular, WindowNewRegular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import { itemPath } from '../../api/items';
import { openInNewTab } from '../../lib/pathPrefix';
import { ReturnFocus } from '../../parts/ReturnFocus';
import type { Item } from '../../api/schema';

export interface MenuAt {
  item: Item;
  target: HTMLElement | PositioningVirtualElement;
}

interface Props {
  at: MenuAt | null;
  canWrite: boolean;
  /** How many items Delete is about. */
  count: number;
  onClose: () => void;
  onOpen: (item: Item) => void;
  onRename: (item: Item) => void;
  onMove: (item: Item) => void;
  onDelete: (item: Item) => void;
}

export function ItemMenu({ at, canWrite, count, onClose, onOpen, onRename, onMove, onDelete }: Props) {
  const { t } = useTranslation(['workspaces', 'shell']);
  if (!at) return null;
  const { item, target } = at;
  return (
    <Menu
      open
      positioning={{ target, position: 'below', align: 'start' }}
      onOpenChange={(_, data) => {
        if (!data.open) onClose();
      }}
    >
      <MenuPopover>
        <ReturnFocus />
        <MenuList>
          <MenuItem icon={<OpenRegular />} onClick={() => onOpen(item)}>
            {t('shell:open')}
          </MenuItem>
          <MenuItem icon={<WindowNewRegular />} onClick={() => openInNewTab(itemPath(item))}>
            {t('workspaces:openInTab')}
          </MenuItem>
          {canWrite && (
            <>
              <MenuDivider />
              <MenuItem icon={<RenameRegular />} secondaryContent="F2" onClick={() => onRename(item)}>
                {t('shell:rename')}
              </MenuItem>
              <MenuItem icon={<FolderArrowRightRegular />} onClick={() => onMove(item)}>
                {count > 1 ? t('workspaces:folders.moveMany', { count }) : t('workspaces:folders.move')}
              </MenuItem>
              <MenuItem icon={<DeleteRegular />} secondaryContent={t('workspaces:deleteKey')} onClick={() => onDelete(item)}>
                {count > 1 ? t('workspaces:remove.button', { count }) : t('shell:delete')}
              </MenuItem>
            </>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
