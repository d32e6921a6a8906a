/** Scroll anchoring: keep the top row in place when rows above it are added or removed. */
import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';

const NEAR = 2000;

export function useRowAnchor(scroller: RefObject<HTMLDivElement | null>, count: number, rowKey: (index: number) => string, rowHeight: number, listKey: string): void {
  const anchor = useRef<{ key: string; at: number; offset: number } | null>(null);
  const known = useRef(rowKey);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const remember = () => {
      const at = Math.floor(element.scrollTop / rowHeight);
      anchor.current = element.scrollTop > 0 ? { key: known.current(at), at, offset: element.scrollTop - at * rowHeight } : null;
    };
    element.addEventListener('scroll', remember, { passive: true });
    return () => element.removeEventListener('scroll', remember);
  }, [scroller, rowHeight]);

  useLayoutEffect(() => {
    anchor.current = null;
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [scroller, listKey]);

  useLayoutEffect(() => {
    const before = known.current;
    known.current = rowKey;
    const held = anchor.current;
    if (!scroller.current || !held || before === rowKey || rowKey(held.at) === held.key) return;
    for (let by = 1; by < NEAR; by += 1) {
      const at = [held.at + by, held.at - by].find((index) => index >= 0 && index < count && rowKey(index) === held.key);
      if (at === undefined) continue;
      scroller.current.scrollTop = at * rowHeight + held.offset;
      return;
    }
  }, [scroller, count, rowKey, rowHeight]);
}
