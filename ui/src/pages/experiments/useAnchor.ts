/** Keeps the row at the top of a scrolled list where it is when rows are added or taken away above it. */
import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';
import type { RunRow } from '../../api/schema';
import { ROW_HEIGHT } from './RunTableRow';

export function useAnchor(scroller: RefObject<HTMLDivElement | null>, runs: RunRow[], listKey: string): void {
  const anchor = useRef<{ id: string; offset: number } | null>(null);
  const known = useRef(runs);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const remember = () => {
      const at = Math.floor(element.scrollTop / ROW_HEIGHT);
      const id = known.current[at]?.run_id;
      anchor.current = id && element.scrollTop > 0 ? { id, offset: element.scrollTop - at * ROW_HEIGHT } : null;
    };
    element.addEventListener('scroll', remember, { passive: true });
    return () => element.removeEventListener('scroll', remember);
  }, [scroller]);

  useLayoutEffect(() => {
    anchor.current = null;
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [scroller, listKey]);

  useLayoutEffect(() => {
    const before = known.current;
    known.current = runs;
    const element = scroller.current;
    const held = anchor.current;
    if (!element || !held || before === runs) return;
    const at = runs.findIndex((run) => run.run_id === held.id);
    if (at >= 0) element.scrollTop = at * ROW_HEIGHT + held.offset;
  }, [scroller, runs]);
}
