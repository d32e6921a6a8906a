/** Lumino's signals as React sees them. */
import type { ISignal } from '@lumino/signaling';
import { useCallback, useRef, useSyncExternalStore } from 'react';

type AnySignal = ISignal<unknown, unknown>;

/** Renders again whenever one of the signals fires. The signals must be the same ones from render to render. */
export function useSignals(...signals: readonly AnySignal[]): number {
  const count = useRef(0);
  const subscribe = useCallback(
    (listener: () => void) => {
      const heard = () => {
        count.current += 1;
        listener();
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
