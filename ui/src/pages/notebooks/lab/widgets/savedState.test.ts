import { expect, test } from 'vitest';
import { asStates, statesToKeep } from './savedState';

const states = (state: Record<string, unknown>) => ({ version_major: 2, version_minor: 0, state });

test('a shown widget is kept with all that it is made of, and nothing else', () => {
  const live = states({ box: { children: ['IPY_MODEL_bar'] }, bar: { layout: 'IPY_MODEL_layout' }, layout: {}, other: {} });
  expect(Object.keys(statesToKeep(['box'], live, null)?.state ?? {}).sort()).toEqual(['bar', 'box', 'layout']);
});

test('what lives goes before what was kept, and what is not shown any more is dropped', () => {
  const kept = states({ old: { value: 1 }, gone: {} });
  expect(statesToKeep(['old', 'new'], states({ new: { value: 2 }, old: { value: 3 } }), kept)?.state).toEqual({
    old: { value: 3 },
    new: { value: 2 },
  });
  expect(statesToKeep([], null, kept)).toBeNull();
});

test('a widget that holds too much is not kept, the others are', () => {
  const large = { value: 'x'.repeat(17_000_000) };
  expect(statesToKeep(['a'], states({ a: large }), null)).toBeNull();
  expect(statesToKeep(['b', 'a', 'c'], states({ a: large, b: { value: 1 }, c: { value: 2 } }), null)?.state).toEqual({
    b: { value: 1 },
    c: { value: 2 },
  });
});

test('a library that a widget brings along is not kept, its data are', () => {
  const figure = { model_name: 'AnyModel', state: { _esm: 'x'.repeat(16_500_000), _widget_data: [{ y: [1] }] } };
  const short = { model_name: 'AnyModel', state: { _esm: 'export default {}' } };
  expect(statesToKeep(['f', 's'], states({ f: figure, s: short }), null)?.state).toEqual({
    f: { model_name: 'AnyModel', state: { _widget_data: [{ y: [1] }] } },
    s: short,
  });
});

test('only states of the known form are read', () => {
  expect(asStates({ version_major: 3, state: {} })).toBeNull();
  expect(asStates('text')).toBeNull();
  expect(asStates(states({ a: {} }))?.state).toEqual({ a: {} });
});
