/** Print a report: everything is drawn first, in the light theme and at the width of paper, also by Ctrl+P and the browser's menu. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTheme } from '../../lib/theme';
import { undrawn } from '../../parts/charts/Chart';

const LONGEST = 15_000;
const LOOK_EVERY = 100;

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Ends when the browser's dialog is closed, or at once where there is none. */
function printed(): Promise<void> {
  return new Promise((done) => {
    let begun = false;
    window.addEventListener('beforeprint', () => (begun = true), { once: true });
    window.addEventListener('afterprint', () => done(), { once: true });
    window.print();
    if (!begun) done();
  });
}

export function usePrint() {
  const sheet = useRef<HTMLElement>(null);
  const [printing, setPrinting] = useState(false);
  /** Whether `print` makes the page ready. */
  const asked = useRef(false);
  const { force } = useTheme();
  const print = useCallback(async () => {
    asked.current = true;
    force('light');
    setPrinting(true);
    try {
      // What is not there yet says so itself: text such as "Loading points".
      const end = performance.now() + LONGEST;
      do await pause(LOOK_EVERY);
      while (sheet.current && performance.now() < end && (undrawn(sheet.current) > 0 || sheet.current.querySelector('[role="progressbar"]')));
      await printed();
    } finally {
      asked.current = false;
      setPrinting(false);
      force(null);
    }
  }, [force]);
  useEffect(() => {
    /** The browser's own menu: what has been read is drawn before this returns; what has not says so itself. */
    const before = () => {
      if (asked.current) return;
      flushSync(() => {
        force('light');
        setPrinting(true);
      });
    };
    const after = () => {
      if (asked.current) return;
      force(null);
      setPrinting(false);
    };
    window.addEventListener('beforeprint', before);
    window.addEventListener('afterprint', after);
    return () => {
      window.removeEventListener('beforeprint', before);
      window.removeEventListener('afterprint', after);
    };
  }, [force]);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'p' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      void print();
    };
    window.addEventListener('keydown', press);
    return () => {
      window.removeEventListener('keydown', press);
      force(null);
    };
  }, [print, force]);
  return { sheet, printing, print };
}
