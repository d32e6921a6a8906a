/** Illustration of the tutorial's card: woven threads. */
import styles from './Threads.module.css';

const WARP = Array.from({ length: 14 }, (_, i) => 12 + i * 18);
const WEFT = Array.from({ length: 6 }, (_, i) => 30 + i * 16);

export function Threads() {
  return (
    <svg className={styles.threads} viewBox="0 0 260 140" aria-hidden>
      <g stroke="var(--colorNeutralStroke1)" strokeWidth="2" strokeLinecap="round">
        {WARP.map((x) => (
          <path key={x} d={`M${x} 4v132`} />
        ))}
      </g>
      <g stroke="var(--colorBrandStroke1)" strokeWidth="5" strokeLinecap="round">
        {WEFT.flatMap((y, row) =>
          WARP.filter((_, i) => (i + row) % 2 === 0 && i < 13 - Math.max(0, row - 3) * 4).map((x) => (
            <path key={`${x} ${y}`} d={`M${x - 12} ${y}h24`} />
          )),
        )}
      </g>
    </svg>
  );
}
