/** Text of any length, whose very long lines a browser can lay out, see `longLines`. */
import { useMemo } from 'react';
import { piecesOf } from '../lib/longLines';

export function LongText({ text }: { text: string }) {
  const pieces = useMemo(() => piecesOf(text), [text]);
  return pieces.length === 1 ? text : pieces.map((piece, at) => <span key={at}>{piece}</span>);
}
