/** Whether something has been open: a dialog that nobody has opened costs its page nothing, and one that closes may fade. */
import { useState } from 'react';

export function useOpened(open: boolean): boolean {
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  return open || opened;
}
