/** The tools at the top right of a cell. */
import { Button, Tooltip } from '@fluentui/react-components';
import {
  ArrowDownRegular,
  ArrowUpRegular,
  CheckmarkRegular,
  CodeRegular,
  DeleteRegular,
  EditRegular,
} from '@fluentui/react-icons';
import { MarkdownCell, type Cell } from '@jupyterlab/cells';
import { NotebookActions } from '@jupyterlab/notebook';
import { useState, type ReactElement } from 'react';
import { useTranslation } from 'react-i18next';
import { firstKeys } from '../keys';
import { toMarkdown, type NotebookCommandId } from '../lab/commands';
import type { NotebookHost } from '../lab/notebookHost';
import { CellMenu } from './CellMenu';
import styles from './CellTools.module.css';

export interface CellProps {
  host: NotebookHost;
  cell: Cell;
}

/** What a tool does, done to its own cell whichever was selected before. */
export function actOn({ host, cell }: CellProps, action: () => void): void {
  const notebook = host.panel.content;
  const index = notebook.widgets.indexOf(cell);
  if (index < 0) return;
  notebook.activeCellIndex = index;
  notebook.deselectAll();
  action();
}

interface ToolProps {
  label: string;
  keys?: string;
  icon: ReactElement;
  onClick: () => void;
}

function Tool({ label, keys, icon, onClick }: ToolProps) {
  return (
    <Tooltip content={keys ? `${label} (${keys})` : label} relationship="description" showDelay={500}>
      <Button size="small" appearance="subtle" icon={icon} aria-label={label} onClick={onClick} />
    </Tooltip>
  );
}

/** M-down, as everybody writes it. */
function MarkdownIcon() {
  return (
    <span className={styles.markdown} aria-hidden>
      {'M'}
      <ArrowDownRegular />
    </span>
  );
}

export function CellTools(props: CellProps & { rendered: boolean }) {
  const { host, cell, rendered } = props;
  const { t } = useTranslation('notebooks');
  const [menuOpen, setMenuOpen] = useState(false);
  const notebook = host.panel.content;
  const command = (id: NotebookCommandId) => () => actOn(props, () => void host.commands[id]());
  const edit = () =>
    actOn(props, () => {
      if (cell instanceof MarkdownCell) cell.rendered = false;
      notebook.mode = 'edit';
      void NotebookActions.focusActiveCell(notebook, { waitUntilReady: true });
    });
  return (
    <div className={styles.tools} data-open={menuOpen || undefined} role="toolbar" aria-label={t('cell.tools')}>
      {cell.model.type === 'code' ? (
        <Tool
          label={t('cell.toMarkdown')}
          keys={firstKeys('toMarkdown')}
          icon={<MarkdownIcon />}
          onClick={() => actOn(props, () => toMarkdown(notebook))}
        />
      ) : (
        <>
          {rendered ? (
            <Tool label={t('cell.edit')} keys={firstKeys('enterEdit')} icon={<EditRegular />} onClick={edit} />
          ) : (
            <Tool
              label={t('cell.done')}
              keys={firstKeys('run')}
              icon={<CheckmarkRegular />}
              onClick={command('run')}
            />
          )}
          <Tool label={t('cell.toCode')} keys={firstKeys('toCode')} icon={<CodeRegular />} onClick={command('toCode')} />
        </>
      )}
      <Tool label={t('cell.up')} keys={firstKeys('moveUp')} icon={<ArrowUpRegular />} onClick={command('moveUp')} />
      <Tool
        label={t('cell.down')}
        keys={firstKeys('moveDown')}
        icon={<ArrowDownRegular />}
        onClick={command('moveDown')}
      />
      <CellMenu {...props} open={menuOpen} onOpenChange={setMenuOpen} />
      <Tool label={t('cell.delete')} keys={firstKeys('delete')} icon={<DeleteRegular />} onClick={command('delete')} />
    </div>
  );
}
