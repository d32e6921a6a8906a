/** The blocks of a report: to read, or each in a frame with buttons to edit, move, copy and remove it. */
import { Button } from '@fluentui/react-components';
import { memo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useReportRuns } from '../../api/reports';
import type { ExperimentColumns, ReportChart, ReportTable } from '../../api/schema';
import { defaultChart } from '../../lib/chartSpec';
import { useNotices } from '../../lib/notices';
import { ChartEditor } from '../experiments/ChartEditor';
import { BlockFrame, useBlockName, type BlockActions } from './BlockFrame';
import { insertAfter, moveBlock, MOST_BLOCKS, newId, replaceBlock, textBlock, type Block } from './blocks';
import { ChartBlock } from './ChartBlock';
import { KIND_ICONS, KINDS } from './kinds';
import { writeOrder } from './orders';
import styles from './ReportBlocks.module.css';
import { RunsPanel } from './RunsPanel';
import type { ReportSaver } from './saver';
import { TableBlock } from './TableBlock';
import { TextBlock, TextEditor } from './TextBlock';

/** A block as it is read. While another one is edited it is not drawn anew. */
const BlockView = memo(function BlockView({ block }: { block: Block }) {
  if (block.kind === 'text') return <TextBlock block={block} />;
  return block.kind === 'chart' ? <ChartBlock block={block} /> : <TableBlock block={block} />;
});

export function ReadBlocks({ blocks }: { blocks: Block[] }) {
  return blocks.map((block) => (
    <div key={block.id} className={styles.block}>
      <BlockView block={block} />
    </div>
  ));
}

/** What is open: the text that is written, the chart that is drawn, or a block's runs; `after` places a new block. */
type Open = { kind: 'text'; id: string } | { kind: 'chart'; block: ReportChart } | { kind: 'runs'; block: ReportChart | ReportTable; after?: string };

/** A new block, of the experiment that the report has shown last. */
function emptyBlock(kind: 'chart' | 'table', workspace: string, blocks: Block[]): ReportChart | ReportTable {
  const last = blocks.findLast((one) => one.kind !== 'text' && one.runs.search !== null);
  const place = last && last.kind !== 'text' ? last.runs.search : null;
  const search = { workspace: place?.workspace ?? workspace, experiment: place?.experiment ?? '', filter: '', order_by: [writeOrder('start_time', true)], limit: 10 };
  const runs = { search, picks: [] };
  if (kind === 'table') return { kind, id: newId(), title: '', runs, columns: [] };
  const { id: _, ...spec } = { ...defaultChart(''), y: [] };
  return { kind, id: newId(), runs, spec };
}

export function EditBlocks({ workspace, saver, blocks }: { workspace: string; saver: ReportSaver; blocks: Block[] }) {
  const { t } = useTranslation('reports');
  const { notify } = useNotices();
  const nameOf = useBlockName();
  const list = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const now = () => saver.snapshot().blocks;
  const put = (block: Block) => saver.change(replaceBlock(now(), block));
  /** Give the focus to a button of a block once it is drawn where it is now. */
  const focus = (id: string, action: string) =>
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(`[data-block="${id}"] [data-action="${action}"]`)?.focus());
  const add = (kind: Block['kind'], after: string) => {
    if (kind === 'text') {
      const block = textBlock();
      saver.change(insertAfter(now(), after, block));
      setOpen({ kind: 'text', id: block.id });
    } else setOpen({ kind: 'runs', block: emptyBlock(kind, workspace, now()), after });
  };
  const actions: BlockActions = {
    onMove: (id, by) => {
      saver.change(moveBlock(now(), id, by));
      focus(id, by < 0 ? 'up' : 'down');
    },
    onCopy: (block) => {
      const copy = { ...block, id: newId() };
      saver.change(insertAfter(now(), block.id, copy));
      focus(copy.id, 'copy');
    },
    onRemove: (block) => {
      const before = now();
      const at = before.findIndex((one) => one.id === block.id);
      saver.change(before.filter((one) => one.id !== block.id));
      const next = before[at + 1] ?? before[at - 1];
      if (next) focus(next.id, 'remove');
      const undo = () => {
        const blocks = now();
        if (!blocks.some((one) => one.id === block.id)) saver.change([...blocks.slice(0, at), block, ...blocks.slice(at)]);
      };
      notify({ intent: 'success', title: t('block.removed', { name: nameOf(block, at) }), action: { label: t('block.undo'), run: undo } });
    },
    onEdit: (block) => setOpen(block.kind === 'text' ? { kind: 'text', id: block.id } : block.kind === 'chart' ? { kind: 'chart', block } : { kind: 'runs', block }),
    onRuns: (block) => block.kind !== 'text' && setOpen({ kind: 'runs', block }),
    onAdd: add,
  };
  return (
    <div ref={list}>
      {blocks.map((block, place) => (
        <BlockFrame key={block.id} block={block} place={place} count={blocks.length} {...actions}>
          {block.kind === 'text' && open?.kind === 'text' && open.id === block.id ? (
            <TextEditor
              block={block}
              onChange={put}
              onDone={() => {
                setOpen(null);
                focus(block.id, 'edit');
              }}
            />
          ) : (
            <BlockView block={block} />
          )}
        </BlockFrame>
      ))}
      <AddButtons full={blocks.length >= MOST_BLOCKS} onAdd={(kind) => add(kind, blocks.at(-1)?.id ?? '')} />
      {open?.kind === 'runs' && (
        <RunsPanel
          key={open.block.id}
          block={open.block}
          adding={open.after !== undefined}
          onSave={(block) => {
            if (open.after === undefined) put(block);
            else saver.change(insertAfter(now(), open.after, block));
            setOpen(null);
          }}
          onClose={() => setOpen(null)}
        />
      )}
      {open?.kind === 'chart' && <ChartPanel key={open.block.id} block={open.block} onSave={put} onClose={() => setOpen(null)} />}
    </div>
  );
}

function AddButtons({ full, onAdd }: { full: boolean; onAdd: (kind: Block['kind']) => void }) {
  const { t } = useTranslation('reports');
  return (
    <div className={styles.add} role="group" aria-label={t('add')}>
      {KINDS.map((kind) => (
        <Button key={kind} icon={KIND_ICONS[kind]} disabled={full} onClick={() => onAdd(kind)}>
          {t(`new.${kind}`)}
        </Button>
      ))}
      {full && <span className={styles.faint}>{t('full', { count: MOST_BLOCKS })}</span>}
    </div>
  );
}

/** The editor of the experiment's charts, over the runs of the block. */
function ChartPanel({ block, onSave, onClose }: { block: ReportChart; onSave: (block: ReportChart) => void; onClose: () => void }) {
  const { runs, pending } = useReportRuns(block.runs, 'all');
  if (pending) return null;
  const keysIn = (kind: 'metrics' | 'params') => [...new Set(runs.flatMap((run) => Object.keys(run[kind])))].sort();
  const keys: ExperimentColumns = { metrics: keysIn('metrics'), params: keysIn('params'), tags: [], suggested: [], nested: false, directions: {} };
  return (
    <ChartEditor
      workspace={new Map(runs.map((run) => [run.run_id, run.workspace]))}
      spec={{ ...block.spec, id: block.id }}
      adding={false}
      keys={keys}
      runs={runs}
      onSave={({ id: _, ...spec }) => {
        onSave({ ...block, spec });
        onClose();
      }}
      onClose={onClose}
    />
  );
}
