/** What can be done with the selected runs: tag, rename, move or copy to another experiment, delete. Each can be undone. */
import { Button, Menu, MenuDivider, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import { CopyRegular, DeleteRegular, EditRegular, FolderArrowRightRegular, RenameRegular, TagRegular } from '@fluentui/react-icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePickedRuns } from '../../api/runs';
import type { ExperimentColumns, ExperimentView, RunRow } from '../../api/schema';
import { useRunDeletion } from '../runs/useRunDeletion';
import { CopyRuns } from './CopyRuns';
import { MoveRuns } from './MoveRuns';
import { RenameRuns } from './RenameRuns';
import { TagRuns } from './TagRuns';

interface Props {
  experiment: ExperimentView;
  picked: string[];
  /** Loaded rows of the list. */
  runs: RunRow[];
  keys: ExperimentColumns;
  /** The selected runs are no longer in the list. */
  onGone: () => void;
}

export function BulkActions({ experiment, picked, runs, keys, onGone }: Props) {
  const { t } = useTranslation(['experiments', 'shell']);
  const { workspace, id } = experiment;
  const [dialog, setDialog] = useState<'tag' | 'rename' | 'move' | 'copy' | null>(null);
  const found = usePickedRuns(workspace, id, picked).data;
  const { remove, dialog: deletion } = useRunDeletion(workspace, onGone);
  const close = () => setDialog(null);
  const chosen = found?.filter((run) => picked.includes(run.run_id)) ?? [];
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button icon={<EditRegular />}>{t('bulk.label', { count: picked.length })}</Button>
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            <MenuItem icon={<TagRegular />} onClick={() => setDialog('tag')}>
              {t('bulk.tag.label')}
            </MenuItem>
            <MenuItem icon={<RenameRegular />} disabled={chosen.length < picked.length} onClick={() => setDialog('rename')}>
              {t('bulk.rename.label')}
            </MenuItem>
            <MenuItem icon={<FolderArrowRightRegular />} onClick={() => setDialog('move')}>
              {t('bulk.move.label')}
            </MenuItem>
            <MenuItem icon={<CopyRegular />} onClick={() => setDialog('copy')}>
              {t('bulk.copy.label')}
            </MenuItem>
            <MenuDivider />
            <MenuItem
              icon={<DeleteRegular />}
              onClick={() => remove(picked.map((run) => runs.find((one) => one.run_id === run) ?? { run_id: run, name: run.slice(0, 8), children: 0 }))}
            >
              {t('shell:delete')}
            </MenuItem>
          </MenuList>
        </MenuPopover>
      </Menu>
      {dialog === 'tag' && <TagRuns workspace={workspace} runs={picked} keys={keys.tags} onClose={close} />}
      {dialog === 'rename' && <RenameRuns workspace={workspace} runs={chosen} onClose={close} />}
      {dialog === 'move' && <MoveRuns experiment={experiment} runs={picked} onMoved={onGone} onClose={close} />}
      {dialog === 'copy' && <CopyRuns experiment={experiment} runs={picked} onClose={close} />}
      {deletion}
    </>
  );
}
