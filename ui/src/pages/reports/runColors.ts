/** Colours of runs that stay the same in all blocks of a report, in the order in which runs came. */
import { createContext, useContext } from 'react';
import { colorsOf } from '../../lib/chartColors';

export type RunColors = (ids: string[]) => Map<string, string>;

export function createRunColors(): RunColors {
  const known = new Set<string>();
  return (ids) => {
    for (const id of ids) known.add(id);
    return colorsOf([...known]);
  };
}

const Context = createContext<RunColors>(colorsOf);

export const RunColorsProvider = Context.Provider;

export function useRunColors(ids: string[]): Map<string, string> {
  return useContext(Context)(ids);
}
