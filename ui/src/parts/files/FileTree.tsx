/** A tree of files whose folders load as they open; model folders are marked. Virtual: a folder may hold thousands of files. */
import { Badge, Spinner } from '@fluentui/react-components';
import { BrainCircuitRegular, ChevronDownRegular, ChevronRightRegular, ColumnRegular, DocumentRegular, FolderRegular, ImageMultipleRegular, TableRegular, TableSearchRegular } from '@fluentui/react-icons';
import { useQueries } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type DragEvent, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { errorDetail } from '../../lib/errors';
import { formatBytes } from '../../lib/format';
import styles from './FileTree.module.css';
import { listingQuery } from './listing';
import type { FileNode, Source } from './source';

/** What can be dropped on the tree, and where it goes. */
export interface Drops {
  accepts: (types: readonly string[]) => boolean;
  /** The folder that something dropped on a node, or with null beside all, goes to; null where nothing can be dropped. */
  folderOf: (node: FileNode | null) => string | null;
  onDrop: (folder: string, data: DataTransfer) => void;
}

interface Props {
  source: Pick<Source, 'id' | 'list'>;
  label: string;
  /** The one node at the top, where it is not for the source to say. */
  root?: FileNode;
  selected: string;
  onSelect: (node: FileNode) => void;
  /** What a dragged node gives where it is dropped, by type; null: it cannot be dragged. */
  dragData?: (node: FileNode) => Readonly<Record<string, string>> | null;
  drops?: Drops;
  /** Further keys of the focused node; true where one was used. */
  onKey?: (key: string, node: FileNode) => boolean;
  /** Folders alone: to choose one. */
  foldersOnly?: boolean;
  /** What is shown of a folder's entries; a stable function. */
  shown?: (entries: FileNode[]) => FileNode[];
  /** Folders that start open. */
  initiallyOpen?: string[];
}

interface Folder {
  data: FileNode[] | undefined;
  error: unknown;
}

type Line =
  | { kind: 'node'; key: string; level: number; node: FileNode }
  | { kind: 'loading' | 'none' | 'noFolders' | 'emptyFolder' | 'error'; key: string; level: number; error: unknown };

const LINE = 32;
const INDENT = 16;
/** How long something is held over a closed folder until it opens, in ms. */
const OPENS_AFTER = 700;

/** The visible lines: each entry, and below an open folder its entries or a message. */
function linesOf(folders: Map<string, Folder>, open: Set<string>, foldersOnly: boolean, folder = '', level = 0): Line[] {
  const { data, error } = folders.get(folder) ?? { data: undefined, error: null };
  const told = (kind: Exclude<Line['kind'], 'node'>): Line[] => [{ kind, key: `${folder} ${kind}`, level, error }];
  if (!data) return told(error ? 'error' : 'loading');
  const shown = foldersOnly ? data.filter((node) => node.is_dir) : data;
  if (!shown.length) return told(!folder ? 'none' : data.length ? 'noFolders' : 'emptyFolder');
  return shown.flatMap((node): Line[] => [
    { kind: 'node', key: node.path, level, node },
    ...(node.is_dir && open.has(node.path) ? linesOf(folders, open, foldersOnly, node.path, level + 1) : []),
  ]);
}

/** Entries of the open folders. Files of finished runs are cached; those of a running one are refetched when opened. */
function useFolders(source: Props['source'], root: FileNode | undefined, open: Set<string>, shown: Props['shown']): Map<string, Folder> {
  const paths = root ? [...open] : ['', ...open];
  return useQueries({
    queries: paths.map((folder) => ({ ...listingQuery(source, folder), select: shown })),
    combine: (results) =>
      new Map<string, Folder>([
        ['', { data: root && [root], error: null }],
        ...results.map(({ data, error }, at): [string, Folder] => [paths[at] ?? '', { data, error }]),
      ]),
  });
}

export function FileTree({ source, label, root, initiallyOpen = [], foldersOnly = false, shown, selected, onSelect, dragData, drops, onKey }: Props) {
  const [open, setOpen] = useState(() => new Set(initiallyOpen));
  const [active, setActive] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = linesOf(useFolders(source, root, open, shown), open, foldersOnly);
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 10,
    initialRect: { width: 300, height: 600 },
    getItemKey: (at) => lines[at]?.key ?? at,
  });
  const current = Math.min(active, lines.length - 1);
  const toggle = (path: string, wanted = !open.has(path)) => {
    const next = new Set(open);
    if (wanted) next.add(path);
    else next.delete(path);
    setOpen(next);
  };
  const focus = (at: number) => {
    const to = Math.max(0, Math.min(lines.length - 1, at));
    setActive(to);
    rows.scrollToIndex(to);
    requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-line="${to}"]`)?.focus());
  };
  const over = useDrops(drops, lines, (folder) => toggle(folder, true));
  const take = (node: FileNode) => {
    if (node.is_dir) toggle(node.path);
    onSelect(node);
  };
  const press = (event: KeyboardEvent) => {
    const line = lines[current];
    const node = line?.kind === 'node' ? line.node : null;
    const moves: Record<string, number> = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: lines.length - 1 };
    const to = moves[event.key];
    if (to !== undefined) focus(to);
    else if ((event.key === 'Enter' || event.key === ' ') && node) take(node);
    else if (event.key === 'ArrowRight' && node?.is_dir && !open.has(node.path)) toggle(node.path, true);
    else if (event.key === 'ArrowRight') focus(current + 1);
    else if (event.key === 'ArrowLeft' && node?.is_dir && open.has(node.path)) toggle(node.path, false);
    else if (event.key === 'ArrowLeft' && line) focus(lines.findLastIndex((one, at) => at < current && one.level < line.level));
    else if (!node || !onKey?.(event.key, node)) return;
    event.preventDefault();
  };
  return (
    <div ref={scroller} className={styles.scroller} {...over.handlers}>
      <div role="tree" aria-label={label} className={styles.tree} style={{ height: rows.getTotalSize() }} onKeyDown={press}>
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const line = lines[index];
          if (!line) return null;
          return (
            <TreeLine
              key={key}
              line={line}
              top={start}
              index={index}
              focusable={index === current}
              expanded={line.kind === 'node' && line.node.is_dir ? open.has(line.node.path) : undefined}
              selected={line.kind === 'node' && line.node.path === selected}
              target={over.folder !== null && line.kind === 'node' && line.node.path === over.folder}
              onFocus={() => setActive(index)}
              onTake={take}
              dragData={dragData}
            />
          );
        })}
      </div>
    </div>
  );
}

/** Drags over the tree: the folder that would take them, which opens if it stays closed under them. */
function useDrops(drops: Drops | undefined, lines: Line[], open: (folder: string) => void) {
  const [folder, setFolder] = useState<string | null>(null);
  const opens = useRef(open);
  opens.current = open;
  useEffect(() => {
    const timer = folder === null ? 0 : window.setTimeout(() => opens.current(folder), OPENS_AFTER);
    return () => window.clearTimeout(timer);
  }, [folder]);
  if (!drops) return { folder, handlers: {} };
  const folderAt = (event: DragEvent) => {
    const element = event.target instanceof Element ? event.target.closest('[data-line]') : null;
    const line = element ? lines[Number(element.getAttribute('data-line'))] : undefined;
    return drops.folderOf(line?.kind === 'node' ? line.node : null);
  };
  return {
    folder,
    handlers: {
      onDragOver: (event: DragEvent) => {
        if (!drops.accepts(event.dataTransfer.types)) return;
        const at = folderAt(event);
        setFolder(at);
        if (at === null) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = event.dataTransfer.types.includes('Files') ? 'copy' : 'move';
      },
      onDragLeave: (event: DragEvent) => {
        if (!(event.relatedTarget instanceof Node) || !event.currentTarget.contains(event.relatedTarget)) setFolder(null);
      },
      onDrop: (event: DragEvent) => {
        const at = drops.accepts(event.dataTransfer.types) ? folderAt(event) : null;
        setFolder(null);
        if (at === null) return;
        event.preventDefault();
        drops.onDrop(at, event.dataTransfer);
      },
    },
  };
}

function NodeIcon({ node }: { node: FileNode }) {
  if (node.kind === 'table') return <TableRegular />;
  if (node.kind === 'view') return <TableSearchRegular />;
  if (node.kind === 'column') return <ColumnRegular />;
  if (node.model) return <BrainCircuitRegular />;
  if (node.kind === 'images') return <ImageMultipleRegular />;
  return node.is_dir ? <FolderRegular /> : <DocumentRegular />;
}

interface LineProps {
  line: Line;
  top: number;
  index: number;
  focusable: boolean;
  expanded: boolean | undefined;
  selected: boolean;
  /** Whether what is held over the tree would go into this folder. */
  target: boolean;
  onFocus: () => void;
  onTake: (node: FileNode) => void;
  dragData: Props['dragData'];
}

function TreeLine({ line, top, index, focusable, expanded, selected, target, onFocus, onTake, dragData }: LineProps) {
  const { t, i18n } = useTranslation('runs');
  const place = { top, height: LINE, paddingLeft: 8 + line.level * INDENT };
  if (line.kind !== 'node') {
    return (
      <div role="treeitem" aria-level={line.level + 1} data-line={index} tabIndex={focusable ? 0 : -1} onFocus={onFocus} className={`${styles.line} ${line.kind === 'error' ? styles.error : styles.note}`} style={place}>
        {line.kind === 'loading' ? <Spinner size="extra-tiny" label={t('files.loading')} /> : line.kind === 'error' ? errorDetail(line.error) : t(`files.${line.kind}`)}
      </div>
    );
  }
  const { node } = line;
  const dragged = dragData?.(node) ?? null;
  return (
    <div
      role="treeitem"
      aria-level={line.level + 1}
      aria-expanded={expanded}
      aria-selected={selected}
      data-line={index}
      tabIndex={focusable ? 0 : -1}
      className={`${styles.line} ${selected ? styles.selected : ''} ${target ? styles.target : ''}`}
      style={place}
      onFocus={onFocus}
      onClick={() => onTake(node)}
      draggable={dragged !== null}
      onDragStart={(event) => Object.entries(dragged ?? {}).forEach(([type, text]) => event.dataTransfer.setData(type, text))}
    >
      <span className={styles.chevron}>{node.is_dir && (expanded ? <ChevronDownRegular /> : <ChevronRightRegular />)}</span>
      <NodeIcon node={node} />
      <span className="hl-line" title={node.path}>
        {node.name}
      </span>
      {node.model ? (
        <Badge appearance="tint" color="brand" size="small" className={styles.aside}>
          {t('files.model')}
        </Badge>
      ) : node.aside ? (
        <span className={`${styles.size} ${styles.aside}`} title={node.aside}>
          {node.aside}
        </span>
      ) : node.size === null || node.is_dir ? null : (
        <span className={`${styles.size} ${styles.aside}`}>{formatBytes(node.size, i18n.language)}</span>
      )}
    </div>
  );
}
