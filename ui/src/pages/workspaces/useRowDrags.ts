/** Rows of the list dragged into folders: the ticked ones together, a folder with what is in it. */
import { useRef, useState, type DragEvent } from 'react';
import type { Item, ItemFolder } from '../../api/schema';
import type { RowDrags } from '../../parts/table/Grid';
import type { ListRow } from './rows';

export type Dragged = { items: Item[]; folder?: undefined } | { folder: ItemFolder; items?: undefined };

/** The type of such a drag; what is dragged stays in the page. */
export const ROW_TYPE = 'application/x-handloom-items';

/** A drop on an item goes where that item is. */
function homeOf(row: ListRow): string {
  return row.item ? row.item.folder : row.folder.id;
}

/** What is dragged now; a page has one pointer. */
let held: Dragged | null = null;

/** What was dropped, once. */
export function takeDragged(event: DragEvent): Dragged | null {
  if (!event.dataTransfer.types.includes(ROW_TYPE)) return null;
  const taken = held;
  held = null;
  return taken;
}

export function useRowDrags(rows: ListRow[], enabled: boolean, meant: (item: Item) => Item[], onDrop: (dragged: Dragged, folder: string) => void) {
  const [over, setOver] = useState<number | null>(null);
  const left = useRef<number>(0);
  const of = (index: number): RowDrags | undefined => {
    const row = rows[index];
    if (!row || !enabled) return undefined;
    return {
      draggable: true,
      onDragStart: (event) => {
        held = row.item ? { items: meant(row.item) } : { folder: row.folder };
        event.dataTransfer.setData(ROW_TYPE, '');
        event.dataTransfer.effectAllowed = 'move';
      },
      onDragEnd: () => {
        held = null;
        setOver(null);
      },
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes(ROW_TYPE)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = 'move';
        window.clearTimeout(left.current);
        setOver(row.folder ? index : null);
      },
      onDragLeave: () => {
        left.current = window.setTimeout(() => setOver(null), 100);
      },
      onDrop: (event) => {
        const dragged = takeDragged(event);
        setOver(null);
        if (!dragged) return;
        event.preventDefault();
        event.stopPropagation();
        onDrop(dragged, homeOf(row));
      },
    };
  };
  return { over, of };
}
