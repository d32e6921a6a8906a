/** Shorten a long name in the middle, since its end distinguishes it from similar names. Shows all of it on hover.
 * A name of up to twice `tail` letters is cut at its end: its beginning says more than half of it would. */
import { useLayoutEffect, useRef, useState } from 'react';
import styles from './MiddleEllipsis.module.css';

interface Props {
  text: string;
  /** Letters at the end that always stay. */
  tail?: number;
}

export function MiddleEllipsis({ text, tail = 8 }: Props) {
  const whole = useRef<HTMLSpanElement>(null);
  const [cut, setCut] = useState(false);
  useLayoutEffect(() => {
    const element = whole.current;
    if (!element) return;
    const measure = () => {
      if (Array.from(text).length <= 2 * tail) return;
      const parts = [...element.children];
      const needed = parts.length ? parts.reduce((sum, part) => sum + part.scrollWidth, 0) : element.scrollWidth;
      setCut(needed > element.clientWidth + (parts.length ? 0 : 1));
    };
    measure();
    if (typeof ResizeObserver === 'undefined') return;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [text, cut, tail]);

  const letters = Array.from(text);
  // One piece of text as long as it fits: it can be searched, marked and copied as what it is.
  return (
    <span ref={whole} className={cut ? styles.cut : styles.whole} title={text} aria-label={cut ? text : undefined}>
      {cut ? (
        <>
          <span className={styles.head} aria-hidden>
            {letters.slice(0, -tail).join('')}
          </span>
          <span className={styles.tail} aria-hidden>
            {letters.slice(-tail).join('')}
          </span>
        </>
      ) : (
        text
      )}
    </span>
  );
}
