/** Whether the page is made ready for paper: then everything is drawn, also what is far from the screen. */
import { createContext, useContext } from 'react';

const Printing = createContext(false);

export const PrintingProvider = Printing.Provider;

export function usePrinting(): boolean {
  return useContext(Printing);
}
