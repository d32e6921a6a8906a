import { expect, test } from 'vitest';
import { foreignHosts, isAllForeign, isRelative, librariesOf, parse, withHandlers } from './hosts';

test('hosts are found in scripts, styles and inner documents, each once', () => {
  const inner = '<script src=&quot;https://b.example/x.js&quot;></script><link rel=&quot;stylesheet&quot; href=&quot;//c.example/s.css&quot;>';
  const html = `<script src="https://a.example/1.js"></script><script src="https://A.example/2.js"></script><iframe srcdoc="${inner}"></iframe>`;
  expect(foreignHosts(parse(html))).toEqual(['a.example', 'b.example', 'c.example']);
  expect(foreignHosts(parse('<a href="https://a.example">no load</a><img src="data:image/png;base64,AA">'))).toEqual([]);
});

test('a frame that needs the network is all there is, a table with a script is not', () => {
  expect(isAllForeign(parse('<div><iframe src="https://a.example/"></iframe></div>'))).toBe(true);
  expect(isAllForeign(parse('<iframe srcdoc="<p>plain</p>"></iframe>'))).toBe(false);
  expect(isAllForeign(parse('<table></table><script src="https://a.example/1.js"></script>'))).toBe(false);
});

test('relative addresses are those beside the notebook', () => {
  expect(['Files/x.png', './x.png', '../x.png'].map(isRelative)).toEqual([true, true, true]);
  expect(['/x', 'data:a', 'https://a', '//a.example/x', '#top', ''].map(isRelative)).toEqual([false, false, false, false, false, false]);
});

test('a handler survives being looked at', () => {
  const read = parse('<p onclick="a()">x</p>');
  expect(read.querySelector('p')?.hasAttribute('onclick')).toBe(false);
  expect(withHandlers(read.body.innerHTML)).toBe('<p onclick="a()">x</p>');
});

const CODE = 'function one(a) { return a + 1; }\n'.repeat(1_500);

test('a long script of an output is a library', () => {
  expect(librariesOf(`<p>ready</p><script>${CODE}</script><script>short()</script>`)).toEqual([CODE]);
});

test('a script that is long by its pictures is none', () => {
  const line = 'iVBORw0KGgoAAAANSUhEUgAAASwAAADICAYAAABS39xVAAAAOXRFWHRTb2Z0d2FyZQBN';
  const pictures = [`"${line.repeat(2_000)}"`, `"${`${line}\\\n`.repeat(2_000)}"`];
  for (const picture of pictures) expect(librariesOf(`<script>draw(${picture})</script>`)).toEqual([]);
});
