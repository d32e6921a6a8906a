import { expect, test } from 'vitest';
import { acrossPath, acrossSearch, differs, runsCompared, viewSearch } from './viewSearch';

const params = (text: string) => new URLSearchParams(text);

test('a view of the list keeps its columns, and not the run that was looked at', () => {
  expect(viewSearch(params('view=details&run=a&tab=metrics&filter=x&saved=1'), ['metrics.r2'])).toBe('columns=metrics.r2&filter=x');
});

test('a view of the comparison keeps the picked runs, the baseline and the side', () => {
  const search = viewSearch(params('view=compare&runs=a,b&baseline=a&side=files&file=x.txt'), undefined);
  expect(search).toBe('baseline=a&runs=a%2Cb&side=files&view=compare');
  expect(runsCompared(search)).toBe(2);
  expect(runsCompared('runs=a,b')).toBe(0);
});

test('another side of the page is no change of its view, another pick is', () => {
  const view = params('runs=a,b&columns=metrics.r2');
  expect(differs(params('view=compare&runs=a,b'), view, undefined)).toBe(false);
  expect(differs(params('runs=a,b'), view, ['metrics.r2'])).toBe(false);
  expect(differs(params('view=compare&runs=a,c'), view, undefined)).toBe(true);
});

test('a comparison across experiments opens at its own address under its name', () => {
  const search = acrossSearch(params('runs=w/1:a,b&runs=v/2:c&baseline=a&view=charts&name=draft'));
  expect(runsCompared(search)).toBe(3);
  expect(acrossPath('Best of both', search)).toBe('/compare?runs=w%2F1%3Aa%2Cb&runs=v%2F2%3Ac&baseline=a&name=Best+of+both');
  expect(acrossPath('List', 'runs=a')).toBeNull();
});
