/** A key or a chord, as printed on the keyboard: "Ctrl+K" (⌘ on a Mac). */
import styles from './Kbd.module.css';

const MAC = /Mac|iP(hone|ad)/.test(navigator.userAgent);

export function Kbd({ keys }: { keys: string }) {
  return <kbd className={styles.kbd}>{MAC ? keys.replace('Ctrl+', '⌘') : keys}</kbd>;
}
