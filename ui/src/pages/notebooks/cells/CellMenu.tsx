/** The rest of what can be done with a cell. */
import { Button, Menu, MenuDivider, MenuItem, MenuList, MenuPopover, MenuTrigger } from '@fluentui/react-components';
import {
  AddRegular,
  ClipboardPasteRegular,
  CopyRegular,
  CutRegular,
  EraserRegular,
  EyeOffRegular,
  EyeRegular,
  LockClosedRegular,
  MoreHorizontalRegular,
  OptionsRegular,
  PlayRegular,
  TextIndentIncreaseLtrRegular,
  WeatherSnowflakeRegular,
} from '@fluentui/react-icons';
import { CodeCell, type Cell } from '@jupyterlab/cells';
import { NotebookActions } from '@jupyterlab/notebook';
import type { ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { useEditorActions } from '../EditorActions';
import { firstKeys } from '../keys';
import type { NotebookHost } from '../lab/notebookHost';
import { translator } from '../lab/translator';
import { cellMarks, isMarked, setMark, type CellMark } from '../marks';

const MARK_ICONS: Record<CellMark, ReactElement> = {
  locked: <LockClosedRegular />,
  frozen: <WeatherSnowflakeRegular />,
  parameters: <OptionsRegular />,
};

interface Props {
  host: NotebookHost;
  cell: Cell;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function CellMenu({ host, cell, open, onOpenChange }: Props) {
  const { t } = useTranslation('notebooks');
  const { format } = useEditorActions();
  const { panel, commands } = host;
  const notebook = panel.content;
  const act = (action: () => unknown) => () => {
    notebook.activeCellIndex = notebook.widgets.indexOf(cell);
    notebook.deselectAll();
    action();
  };
  const code = cell instanceof CodeCell ? cell : null;
  const marks = code ? cellMarks : (['locked'] as const);
  const put = (mark: CellMark, on: boolean) => {
    setMark(cell.model, mark, on);
    if (mark === 'locked') cell.readOnly = on;
  };
  return (
    <Menu open={open} onOpenChange={(_, data) => onOpenChange(data.open)}>
      <MenuTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={t('cell.more')} />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {code && (
            <>
              <MenuItem
                icon={<PlayRegular />}
                onClick={act(() => NotebookActions.runAllAbove(notebook, panel.sessionContext, undefined, translator))}
              >
                {t('run.above')}
              </MenuItem>
              <MenuItem
                icon={<PlayRegular />}
                onClick={act(() => NotebookActions.runAllBelow(notebook, panel.sessionContext, undefined, translator))}
              >
                {t('run.below')}
              </MenuItem>
              <MenuDivider />
              <MenuItem
                icon={cell.inputHidden ? <EyeRegular /> : <EyeOffRegular />}
                onClick={act(() => (cell.inputHidden ? NotebookActions.showCode : NotebookActions.hideCode)(notebook))}
              >
                {t(cell.inputHidden ? 'cell.showInput' : 'cell.hideInput')}
              </MenuItem>
              <MenuItem
                icon={code.outputHidden ? <EyeRegular /> : <EyeOffRegular />}
                secondaryContent={firstKeys('toggleOutput')}
                disabled={code.model.outputs.length === 0}
                onClick={act(commands.toggleOutput)}
              >
                {t(code.outputHidden ? 'cell.showOutput' : 'cell.hideOutput')}
              </MenuItem>
              <MenuItem icon={<EraserRegular />} onClick={act(() => NotebookActions.clearOutputs(notebook))}>
                {t('cell.clearOutput')}
              </MenuItem>
              <MenuItem
                icon={<TextIndentIncreaseLtrRegular />}
                secondaryContent={firstKeys('format')}
                onClick={act(format)}
              >
                {t('edit.format')}
              </MenuItem>
              <MenuDivider />
            </>
          )}
          {marks.map((mark) => {
            const on = isMarked(cell.model, mark);
            return (
              <MenuItem key={mark} icon={MARK_ICONS[mark]} onClick={() => put(mark, !on)}>
                {t(`mark.${mark}.${on ? 'off' : 'on'}`)}
              </MenuItem>
            );
          })}
          <MenuDivider />
          <MenuItem icon={<CutRegular />} secondaryContent={firstKeys('cut')} onClick={act(commands.cut)}>
            {t('edit.cut')}
          </MenuItem>
          <MenuItem icon={<CopyRegular />} secondaryContent={firstKeys('copy')} onClick={act(commands.copy)}>
            {t('edit.copy')}
          </MenuItem>
          <MenuItem icon={<ClipboardPasteRegular />} secondaryContent={firstKeys('paste')} onClick={act(commands.paste)}>
            {t('edit.paste')}
          </MenuItem>
          <MenuItem icon={<CopyRegular />} onClick={act(() => NotebookActions.duplicate(notebook, 'below'))}>
            {t('cell.duplicate')}
          </MenuItem>
          <MenuDivider />
          <MenuItem icon={<AddRegular />} secondaryContent={firstKeys('insertAbove')} onClick={act(commands.insertAbove)}>
            {t('cell.insertAbove')}
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
