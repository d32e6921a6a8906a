/** A block while the report is edited, with its buttons. Alt with an arrow key moves it. */
import { Button, Menu, MenuItem, MenuList, MenuPopover, MenuTrigger, Toolbar, Tooltip } from '@fluentui/react-components';
import { AddRegular, ArrowDownRegular, ArrowUpRegular, CopyRegular, DataFunnelRegular, DeleteRegular, EditRegular } from '@fluentui/react-icons';
import type { ReactElement, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useChartWords } from '../../parts/charts/words';
import { MOST_BLOCKS, type Block } from './blocks';
import { KINDS, KIND_ICONS } from './kinds';
import styles from './BlockFrame.module.css';

export interface BlockActions {
  onMove: (id: string, by: number) => void;
  onCopy: (block: Block) => void;
  onRemove: (block: Block) => void;
  onEdit: (block: Block) => void;
  /** Choose the runs of a chart. */
  onRuns: (block: Block) => void;
  onAdd: (kind: Block['kind'], after: string) => void;
}

interface Props extends BlockActions {
  block: Block;
  place: number;
  count: number;
  children: ReactNode;
}

/** What a block is called for screen readers and in notices: "Block 2: r2 score". */
export function useBlockName(): (block: Block, place: number) => string {
  const { t } = useTranslation('reports');
  const words = useChartWords();
  return (block, place) => {
    const own = block.kind === 'text' ? block.text.trim().split('\n')[0]?.replace(/^#+\s*/, '').slice(0, 40) : block.kind === 'chart' ? words.title({ ...block.spec, id: block.id }) : block.title;
    return t('block.name', { place: place + 1, name: own || t(`kind.${block.kind}`) });
  };
}

export function BlockFrame({ block, place, count, children, ...on }: Props) {
  const { t } = useTranslation('reports');
  const name = useBlockName()(block, place);
  return (
    <section
      className={styles.frame}
      aria-label={name}
      data-block={block.id}
      onKeyDown={(event) => {
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!event.altKey || by === undefined) return;
        event.preventDefault();
        on.onMove(block.id, by);
      }}
    >
      <Toolbar size="small" className={styles.tools} aria-label={t('block.tools', { name })}>
        <Tool label={t('block.edit')} icon={<EditRegular />} action="edit" onClick={() => on.onEdit(block)} />
        {block.kind === 'chart' && <Tool label={t('block.runs')} icon={<DataFunnelRegular />} action="runs" onClick={() => on.onRuns(block)} />}
        <Tool label={t('block.up')} icon={<ArrowUpRegular />} action="up" disabled={place === 0} onClick={() => on.onMove(block.id, -1)} />
        <Tool label={t('block.down')} icon={<ArrowDownRegular />} action="down" disabled={place === count - 1} onClick={() => on.onMove(block.id, 1)} />
        <Tool label={t('block.copy')} icon={<CopyRegular />} action="copy" disabled={count >= MOST_BLOCKS} onClick={() => on.onCopy(block)} />
        <Tool label={t('block.remove')} icon={<DeleteRegular />} action="remove" onClick={() => on.onRemove(block)} />
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" appearance="subtle" icon={<AddRegular />} disabled={count >= MOST_BLOCKS} aria-label={t('block.below')} title={t('block.below')} />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {KINDS.map((kind) => (
                <MenuItem key={kind} icon={KIND_ICONS[kind]} onClick={() => on.onAdd(kind, block.id)}>
                  {t(`kind.${kind}`)}
                </MenuItem>
              ))}
            </MenuList>
          </MenuPopover>
        </Menu>
      </Toolbar>
      {children}
    </section>
  );
}

function Tool({ label, icon, action, disabled = false, onClick }: { label: string; icon: ReactElement; action: string; disabled?: boolean; onClick: () => void }) {
  return (
    <Tooltip content={label} relationship="label">
      {/* Stays in the tab order at the ends of the report, so that the focus is not lost there. */}
      <Button size="small" appearance="subtle" icon={icon} data-action={action} disabledFocusable={disabled} onClick={onClick} />
    </Tooltip>
  );
}
