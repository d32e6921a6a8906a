/** One chart of the comparison with its pencil and its menu. */
import {
  Button,
  Dialog,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
} from '@fluentui/react-components';
import {
  ArrowDownloadRegular,
  ArrowLeftRegular,
  ArrowRightRegular,
  CopyRegular,
  DeleteRegular,
  DismissRegular,
  DocumentDataRegular,
  EditRegular,
  FullScreenMaximizeRegular,
  MoreHorizontalRegular,
  ReOrderDotsVerticalRegular,
  TableRegular,
} from '@fluentui/react-icons';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RunRow } from '../../api/schema';
import { chartInks } from '../../lib/chartColors';
import type { ChartSpec } from '../../lib/chartSpec';
import { toCsv } from '../../lib/chartTable';
import { saveFile } from '../../lib/fileSave';
import { useTheme } from '../../lib/theme';
import type { ChartHandle } from '../../parts/charts/Chart';
import { SpecChart, useChartNumbers } from '../../parts/charts/SpecChart';
import { useChartWords } from '../../parts/charts/words';
import styles from './ChartCard.module.css';
import { useSpecHistories, type RunPlaces } from './useSpecHistories';

interface Props {
  workspace: RunPlaces;
  spec: ChartSpec;
  runs: RunRow[];
  colors: Map<string, string>;
  first: boolean;
  last: boolean;
  onEdit: () => void;
  onCopy: () => void;
  onMove: (by: number) => void;
  /** Another chart was dropped on this one. */
  onDropped: (id: string) => void;
  onRemove: () => void;
  /** Undefined where the chart cannot become part of a report. */
  onReport?: (() => void) | undefined;
}

export function ChartCard({ workspace, spec, runs, colors, first, last, onEdit, onCopy, onMove, onDropped, onRemove, onReport }: Props) {
  const { t } = useTranslation('experiments');
  const { theme } = useTheme();
  const title = useChartWords().title(spec);
  const drawing = useRef<ChartHandle>(null);
  const [large, setLarge] = useState(false);
  const [over, setOver] = useState(false);
  const { histories, loading } = useSpecHistories(workspace, spec, runs, 320);
  const { table } = useChartNumbers(spec, runs, histories);

  const savePng = () => saveFile(`${title}.png`, drawing.current?.png(chartInks[theme].surface) ?? '');
  const saveSvg = async () => {
    const text = (await drawing.current?.svg(chartInks[theme].surface)) ?? '';
    saveFile(`${title}.svg`, new Blob([text], { type: 'image/svg+xml' }));
  };
  const saveCsv = () => saveFile(`${title}.csv`, new Blob(['\ufeff', toCsv(table)], { type: 'text/csv' }));
  return (
    <article
      className={over ? `${styles.card} ${styles.over}` : styles.card}
      aria-label={title}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(DRAGGED)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        const id = event.dataTransfer.getData(DRAGGED);
        if (id && id !== spec.id) onDropped(id);
      }}
    >
      <header className={styles.head}>
        <MoveHandle id={spec.id} title={title} onMove={onMove} />
        <h3 className={`${styles.title} hl-line`} title={title}>
          {title}
        </h3>
        <Tooltip content={t('chart.edit')} relationship="description">
          <Button size="small" appearance="subtle" icon={<EditRegular />} aria-label={t('chart.editNamed', { title })} onClick={onEdit} />
        </Tooltip>
        <Menu>
          <MenuTrigger disableButtonEnhancement>
            <Button size="small" appearance="subtle" icon={<MoreHorizontalRegular />} aria-label={t('chart.menu', { title })} />
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              <MenuItem icon={<FullScreenMaximizeRegular />} onClick={() => setLarge(true)}>
                {t('chart.fullScreen')}
              </MenuItem>
              <MenuItem icon={<CopyRegular />} onClick={onCopy}>
                {t('chart.duplicate')}
              </MenuItem>
              <MenuItem icon={<ArrowLeftRegular />} disabled={first} onClick={() => onMove(-1)}>
                {t('chart.moveLeft')}
              </MenuItem>
              <MenuItem icon={<ArrowRightRegular />} disabled={last} onClick={() => onMove(1)}>
                {t('chart.moveRight')}
              </MenuItem>
              <MenuDivider />
              <MenuItem icon={<ArrowDownloadRegular />} onClick={savePng}>
                {t('chart.png')}
              </MenuItem>
              <MenuItem icon={<ArrowDownloadRegular />} onClick={() => void saveSvg()}>
                {t('chart.svg')}
              </MenuItem>
              <MenuItem icon={<TableRegular />} onClick={saveCsv}>
                {t('chart.csv')}
              </MenuItem>
              {onReport && (
                <MenuItem icon={<DocumentDataRegular />} onClick={onReport}>
                  {t('chart.report')}
                </MenuItem>
              )}
              <MenuDivider />
              <MenuItem icon={<DeleteRegular />} onClick={onRemove}>
                {t('chart.delete')}
              </MenuItem>
            </MenuList>
          </MenuPopover>
        </Menu>
      </header>
      <div className={styles.body}>
        <SpecChart spec={spec} runs={runs} histories={histories} loading={loading} colors={colors} handle={drawing} />
      </div>
      {large && <LargeChart workspace={workspace} spec={spec} runs={runs} colors={colors} title={title} onClose={() => setLarge(false)} />}
    </article>
  );
}

const DRAGGED = 'application/x-handloom-chart';
const MOVES: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

/** The chart that was moved by a key: it takes the focus again where its card is drawn anew, however late that is. */
const moved = { id: '' };

/** The handle to drag a chart by, or to move it with the arrow keys; it keeps the focus where the chart goes. */
function MoveHandle({ id, title, onMove }: { id: string; title: string; onMove: (by: number) => void }) {
  const { t } = useTranslation('experiments');
  const handle = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    // Only where nobody has it: a card that is drawn anew leaves the focus on the body.
    if (moved.id === id && document.activeElement === document.body) handle.current?.focus();
  });
  return (
    <Tooltip content={t('chart.moveHint')} relationship="description">
      <Button
        size="small"
        appearance="transparent"
        className={styles.handle}
        icon={<ReOrderDotsVerticalRegular />}
        aria-label={t('chart.move', { title })}
        ref={handle}
        draggable
        onDragStart={(event) => {
          event.dataTransfer.setData(DRAGGED, id);
          event.dataTransfer.effectAllowed = 'move';
        }}
        onKeyDown={(event) => {
          const by = MOVES[event.key];
          if (by === undefined) return;
          event.preventDefault();
          moved.id = id;
          onMove(by);
        }}
        // React tells of no blur while it takes an element away, so this is a person who goes elsewhere.
        onBlur={() => (moved.id = '')}
      />
    </Tooltip>
  );
}

function LargeChart({ workspace, spec, runs, colors, title, onClose }: Pick<Props, 'workspace' | 'spec' | 'runs' | 'colors'> & { title: string; onClose: () => void }) {
  const { t } = useTranslation('shell');
  const { histories, loading } = useSpecHistories(workspace, spec, runs, 2000);
  return (
    <Dialog open onOpenChange={onClose}>
      <DialogSurface className={styles.large}>
        <DialogBody className={styles.largeBody}>
          <DialogTitle action={<Button appearance="subtle" icon={<DismissRegular />} aria-label={t('close')} onClick={onClose} />}>{title}</DialogTitle>
          <DialogContent className={styles.largeContent}>
            <SpecChart spec={spec} runs={runs} histories={histories} loading={loading} colors={colors} large />
          </DialogContent>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
