/** The user's column layout of an experiment's run list (order, widths, pins), in local storage. */
import { useMemo } from 'react';
import { toggled, useStoredList } from '../../lib/stored';
import { moveBefore } from '../../parts/table/layout';

export interface ColumnPlaces {
  /** null: nobody has chosen. */
  chosen: string[] | null;
  widths: Map<string, number>;
  pinned: string[];
  choose: (ids: string[] | null) => void;
  resize: (id: string, width: number) => void;
  move: (id: string, before: string | null) => void;
  pin: (id: string, pinned: boolean) => void;
}

function readWidths(list: string[]): Map<string, number> {
  return new Map(
    list.flatMap((text): [string, number][] => {
      const at = text.lastIndexOf('=');
      const width = Number(text.slice(at + 1));
      return at > 0 && width >= 40 && width <= 1000 ? [[text.slice(0, at), width]] : [];
    }),
  );
}

/** Where the chosen columns of an experiment are stored. */
export const storedColumns = (experiment: string) => `handloom.columns.${experiment}`;

/** `shown` are the visible columns, from which moving starts. */
export function useColumnPlaces(experiment: string, shown: (stored: string[] | null) => string[], onColumns: (ids: string[] | null) => void): ColumnPlaces {
  const [columns, setColumns] = useStoredList(storedColumns(experiment));
  const [sizes, setSizes] = useStoredList(`handloom.widths.${experiment}`);
  const [pinned, setPinned] = useStoredList(`handloom.pinned.${experiment}`);
  return useMemo(() => {
    const chosen = columns.length ? columns : null;
    const choose = (ids: string[] | null) => {
      setColumns(() => ids ?? []);
      onColumns(ids);
    };
    return {
      chosen,
      widths: readWidths(sizes),
      pinned,
      choose,
      resize: (id, width) => setSizes((old) => [...old.filter((one) => !one.startsWith(`${id}=`)), `${id}=${Math.round(width)}`]),
      move: (id, before) => choose(moveBefore(shown(chosen), id, before)),
      pin: (id, wanted) => setPinned((old) => (old.includes(id) === wanted ? old : toggled(old, id))),
    };
  }, [columns, sizes, pinned, setColumns, setSizes, setPinned, shown, onColumns]);
}
