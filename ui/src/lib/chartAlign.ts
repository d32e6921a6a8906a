/** Interpolate histories with different steps at common positions, so that runs can be averaged. */

export interface Curve<T> {
  owner: T;
  points: { x: number; y: number }[];
}

const MOST = 500;

/** The positions of all curves' points, evenly reduced to at most `most`. */
export function sharedPlaces(curves: { points: { x: number }[] }[], most = MOST): number[] {
  const all = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.x)))].sort((a, b) => a - b);
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, at) => all[Math.round((at * (all.length - 1)) / (most - 1))] ?? 0);
}

/** The curve's linearly interpolated value at each position; null outside of its range. `points` are in ascending order. */
export function valuesAt(points: { x: number; y: number }[], places: number[]): (number | null)[] {
  let at = 0;
  return places.map((x) => {
    while (at < points.length - 1 && (points[at + 1]?.x ?? Infinity) <= x) at += 1;
    const left = points[at];
    if (!left || x < left.x) return null;
    const right = points[at + 1];
    if (left.x === x) return left.y;
    return right ? left.y + ((right.y - left.y) * (x - left.x)) / (right.x - left.x) : null;
  });
}

/** All curves' values at the common positions, as single observations. */
export function align<T>(curves: Curve<T>[]): { owner: T; x: number; y: number }[] {
  const places = sharedPlaces(curves);
  return curves.flatMap(({ owner, points }) => {
    const sorted = [...points].sort((a, b) => a.x - b.x);
    return valuesAt(sorted, places).flatMap((y, at) => (y === null ? [] : [{ owner, x: places[at] ?? 0, y }]));
  });
}
