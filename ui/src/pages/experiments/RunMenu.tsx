/** Context menu of a run: open, rename, note, star, compare, pin, copy its id, delete. */
import { Menu, MenuItem, MenuList, MenuPopover } from '@fluentui/react-components';
import { CopyRegular, DeleteRegular, EditRegular, FlagOffRegular, FlagRegular, NoteRegular, OpenRegular, PinOffRegular, PinRegular, StarOffRegular, StarRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useParams } from 'react-router';
import { useUpdateRun } from '../../api/runs';
import type { RunRow } from '../../api/schema';
import { useCanWrite } from '../../api/workspaces';
import type { MenuPlace } from '../../parts/table/Grid';
import { EditNote } from '../runs/EditNote';
import { RenameRun } from '../runs/RenameRun';
import { useRunDeletion } from '../runs/useRunDeletion';
import { useExperimentState } from './address';

export interface RunMenuTarget {
  run: RunRow;
  place: MenuPlace;
}

interface Props {
  target: RunMenuTarget | null;
  /** Runs that stand at the top of the list. */
  pinned: string[];
  onPin: (run: string) => void;
  onClose: () => void;
}

export function RunMenu({ target, pinned, onPin, onClose }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { workspace = '' } = useParams();
  const { state, change } = useExperimentState();
  const canWrite = useCanWrite(workspace);
  const [renaming, setRenaming] = useState<RunRow | null>(null);
  const [noted, setNoted] = useState<RunRow | null>(null);
  const { mutate: update } = useUpdateRun();
  const { remove, dialog } = useRunDeletion(workspace, (ids) =>
    change({ picked: state.picked.filter((id) => !ids.includes(id)) }, { replace: true }),
  );
  const run = target?.run;
  const isPinned = run !== undefined && pinned.includes(run.run_id);
  const isBaseline = run !== undefined && run.run_id === state.baseline;
  return (
    <>
      <Menu
        open={target !== null}
        positioning={{ target: target?.place, position: 'below', align: 'start' }}
        onOpenChange={(_, data) => {
          if (!data.open) onClose();
        }}
      >
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<OpenRegular />} onClick={() => run && change({ view: 'details', run: run.run_id })}>
              {t('shell:open')}
            </MenuItem>
            {canWrite && (
              <MenuItem icon={<EditRegular />} onClick={() => setRenaming(run ?? null)}>
                {t('shell:rename')}
              </MenuItem>
            )}
            {canWrite && (
              <MenuItem icon={<NoteRegular />} onClick={() => setNoted(run ?? null)}>
                {t('note.edit')}
              </MenuItem>
            )}
            {canWrite && (
              <MenuItem icon={run?.starred ? <StarOffRegular /> : <StarRegular />} onClick={() => run && update({ workspace, run: run.run_id, starred: !run.starred })}>
                {t(run?.starred ? 'list.removeStar' : 'list.addStar')}
              </MenuItem>
            )}
            <MenuItem icon={isBaseline ? <FlagOffRegular /> : <FlagRegular />} onClick={() => run && change({ baseline: isBaseline ? '' : run.run_id }, { replace: true })}>
              {t(isBaseline ? 'list.noBaseline' : 'list.makeBaseline')}
            </MenuItem>
            <MenuItem icon={isPinned ? <PinOffRegular /> : <PinRegular />} onClick={() => run && onPin(run.run_id)}>
              {t(isPinned ? 'list.unpin' : 'list.pin')}
            </MenuItem>
            <MenuItem icon={<CopyRegular />} onClick={() => run && void navigator.clipboard.writeText(run.run_id)}>
              {t('list.copyId')}
            </MenuItem>
            {canWrite && (
              <MenuItem icon={<DeleteRegular />} onClick={() => run && remove([run])}>
                {t('shell:delete')}
              </MenuItem>
            )}
          </MenuList>
        </MenuPopover>
      </Menu>
      {dialog}
      {noted && <EditNote run={noted} workspace={workspace} onClose={() => setNoted(null)} />}
      {renaming && <RenameRun run={renaming} workspace={workspace} onClose={() => setRenaming(null)} />}
    </>
  );
}
