/** Return the focus to its previous element when a dialog, panel or menu without a trigger closes. */
import { useEffect, useRef, useState } from 'react';

const KEPT = 12;
let trail: HTMLElement[] = [];

document.addEventListener('focusin', ({ target }) => {
  if (target instanceof HTMLElement) trail = [target, ...trail.filter((one) => one !== target)].slice(0, KEPT);
});

function isFree(element: Element | null): boolean {
  return element === null || element === document.body || !element.isConnected;
}

/** Whether Fluent gave an element the focus of a dialog that has no trigger: it takes the last opened menu's. */
function isOfMenu(element: Element | null): boolean {
  return element instanceof HTMLElement && (element.dataset.tabster ?? '').includes('"restorer"');
}

export function ReturnFocus() {
  // Read while drawing, before anything inside takes the focus.
  const [before] = useState(() => trail);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    clearTimeout(timer.current);
    return () => {
      timer.current = setTimeout(() => {
        const active = document.activeElement;
        if (isFree(active) || isOfMenu(active)) before.find((one) => one.isConnected && one.getClientRects().length)?.focus();
      }, 0);
    };
  }, [before]);
  return null;
}
