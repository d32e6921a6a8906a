/** A long name cut in the middle, by the room there is: its end tells it from its siblings. The whole on hover. */
import styles from './MiddleEllipsis.module.css';

interface Props {
  text: string;
  /** Letters at the end that always stay. */
  tail?: number;
}

export function MiddleEllipsis({ text, tail = 8 }: Props) {
  const letters = Array.from(text);
  const cut = Math.max(0, letters.length - tail);
  return (
    <span className={styles.whole} title={text} aria-label={text}>
      <span className={styles.head} aria-hidden>
        {letters.slice(0, cut).join('')}
      </span>
      <span className={styles.tail} aria-hidden>
        {letters.slice(cut).join('')}
      </span>
    </span>
  );
}
