/** Runs of an experiment or versions of a model side by side: their table, their files or their code. */
import type { ReactNode } from 'react';
import { sides, type Side } from '../experiments/address';
import { CompareCode } from './CompareCode';
import { CompareFiles, type FilesPlace } from './CompareFiles';
import { CompareTabs } from './CompareTabs';
import type { FileRun } from './sharedFiles';

/** What the address holds of it. */
export interface ComparedPlace extends FilesPlace {
  side: Side;
}

interface Props extends ComparedPlace {
  runs: FileRun[];
  onPlace: (place: Partial<ComparedPlace>) => void;
  /** The table of params and metrics. */
  children: ReactNode;
}

export function ComparedSides({ runs, side, file, pair, onPlace, children }: Props) {
  return (
    <>
      <CompareTabs selected={side} sides={sides} onSelect={(next) => onPlace({ side: next })} />
      {side === 'files' ? (
        <CompareFiles runs={runs} file={file} pair={pair} onPlace={onPlace} />
      ) : side === 'code' ? (
        <CompareCode runs={runs} pair={pair} onPair={(next) => onPlace({ pair: next })} onFiles={() => onPlace({ side: 'files' })} />
      ) : (
        children
      )}
    </>
  );
}
