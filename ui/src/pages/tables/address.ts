/** The state of the page of tables, as its address has it. */
import { useSearchParams } from 'react-router';

export const TABS = ['preview', 'definition', 'columns', 'history', 'runs', 'code'] as const;
export type TableTab = (typeof TABS)[number];

export interface TableState {
  tab: TableTab;
  /** null: the newest. */
  version: number | null;
}

export function useTableState() {
  const [search, setSearch] = useSearchParams();
  const given = search.get('version');
  const state: TableState = {
    tab: TABS.find((tab) => tab === search.get('tab')) ?? 'preview',
    version: given !== null && /^\d{1,15}$/.test(given) ? Number(given) : null,
  };
  const change = (changes: Partial<TableState>) =>
    setSearch((old) => {
      const next = { ...state, ...changes };
      if (next.tab === 'preview') old.delete('tab');
      else old.set('tab', next.tab);
      if (next.version === null) old.delete('version');
      else old.set('version', String(next.version));
      return old;
    });
  return { state, change };
}
