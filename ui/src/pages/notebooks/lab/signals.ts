/** Lumino's signals as React sees them. */
import type { ISignal } from '@lumino/signaling';
import { useCallback, useRef, useSyncExternalStore } from 'react';

type AnySignal = ISignal<unknown, unknown>;

/** Renders again whenever one of the signals fires. The signals must be the same ones from render to render. */
export function useSignals(...signals: readonly AnySignal[]): number {
  const count = useRef(0);
  const subscribe = useCallback(
    (listener: () => void) => {
      let told = true;
      // not within the change itself: halfway through, cells are disposed but still listed
      const heard = () => {
        if (!told) return;
        told = false;
        queueMicrotask(() => {
          told = true;
          count.current += 1;
          listener();
        });
      };
      for (const signal of signals) signal.connect(heard);
      return () => {
        for (const signal of signals) signal.disconnect(heard);
      };
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the list is spread anew each time, its members stay
    signals,
  );
  return useSyncExternalStore(subscribe, () => count.current);
}
