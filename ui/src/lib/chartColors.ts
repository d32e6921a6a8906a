/** Assign colours to runs and values, independent of what else is on screen. */

/** Nine hues that are easy to distinguish, each with a contrast of at least 3:1 to the light and the dark surface. */
export const chartPalette = [
  '#0c8a83', '#d0690e', '#4a7fe0', '#cf4a5c', '#8d62d9', '#71881f', '#cc5aa8', '#8f6a4e', '#6c7f98',
];

function hash(text: string): number {
  let code = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) code = Math.imul(code ^ text.charCodeAt(at), 0x01000193);
  return (code ^ (code >>> 15)) >>> 0;
}

/** More hues for over nine runs: between the first ones, alternately darker and lighter. */
const more = Array.from({ length: 36 }, (_, at) => `hsl(${Math.round((at * 137.5 + 20) % 360)} ${at % 2 ? 70 : 52}% ${at % 3 === 0 ? 50 : at % 3 === 1 ? 42 : 56}%)`);
const tiers = [chartPalette, more];

export function colorOf(key: string): string {
  return chartPalette[hash(key) % chartPalette.length] ?? '#6c7f98';
}

/** A colour per key: its preferred one if free, else the next free one. No colour repeats before all are used. */
export function colorsOf(keys: string[]): Map<string, string> {
  const colors = new Map<string, string>();
  const used = new Set<string>();
  for (const key of keys) {
    if (colors.has(key)) continue;
    if (used.size >= chartPalette.length + more.length) used.clear();
    const tier = tiers.find((one) => one.some((color) => !used.has(color))) ?? chartPalette;
    let at = hash(key) % tier.length;
    while (used.has(tier[at] ?? '')) at = (at + 1) % tier.length;
    const color = tier[at] ?? colorOf(key);
    used.add(color);
    colors.set(key, color);
  }
  return colors;
}

const FONT = '"Segoe UI Variable Text", "Segoe UI", system-ui, "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif';

/** Colours of text, lines and background for charts, which cannot read CSS custom properties. */
export const chartInks = {
  light: { text: '#242424', subtle: '#616161', line: '#e0e0e0', surface: '#ffffff', field: ['#e3f4f2', '#7ec9c3', '#0c8a83', '#04403c'], font: FONT },
  dark: { text: '#ffffff', subtle: '#adadad', line: '#4a4a4a', surface: '#292929', field: ['#0b3532', '#0c8a83', '#7ec9c3', '#e3f4f2'], font: FONT },
};
