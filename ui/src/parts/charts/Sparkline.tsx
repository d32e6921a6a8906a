/** A history as one small line. */
import { isInfinite } from '../../lib/format';

const WIDTH = 80;
const HEIGHT = 20;

export function Sparkline({ values }: { values: (number | null)[] }) {
  const known = values.filter((value) => value !== null).filter((value) => !isInfinite(value));
  if (known.length < 2) return null;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const y = (value: number) => HEIGHT - 2 - ((value - low) / (high - low || 1)) * (HEIGHT - 4);
  const points = known.map((value, at) => `${((at / (known.length - 1)) * WIDTH).toFixed(1)},${y(value).toFixed(1)}`);
  return (
    <svg width={WIDTH} height={HEIGHT} aria-hidden style={{ verticalAlign: 'middle' }}>
      <polyline points={points.join(' ')} fill="none" stroke="var(--colorBrandStroke1)" strokeWidth={1.5} />
    </svg>
  );
}
