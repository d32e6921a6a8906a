import { expect, test } from 'vitest';
import { checkDescription, checkName, freeName } from './names';

test('any Unicode name of up to 256 characters is fine', () => {
  expect(checkName('모델 훈련 및 비교')).toBeNull();
  expect(checkName('😀'.repeat(256))).toBeNull();
  expect(checkName('😀'.repeat(257))?.key).toBe('tooLong');
});

test('an empty name is told', () => {
  expect(checkName('  ')?.key).toBe('empty');
});

test('line breaks and tabs are refused inside of a name', () => {
  expect(checkName('a\tb')?.key).toBe('control');
  expect(checkName('a\u2028b')?.key).toBe('control');
});

test('a file name holds no path characters and no dots at its ends', () => {
  expect(checkName('a/b: c', { file: true })).toEqual({ key: 'characters', values: { characters: '/ :' } });
  expect(checkName('.hidden', { file: true })?.key).toBe('dots');
  expect(checkName('가'.repeat(81), { file: true })?.key).toBe('fileTooLong');
  expect(checkName('a/b: c')).toBeNull();
});

test('a taken name is told, whatever its Unicode form', () => {
  expect(checkName(' lab ', { taken: ['lab'] })?.key).toBe('taken');
  expect(checkName('모델'.normalize('NFD'), { taken: ['모델'] })?.key).toBe('taken');
});

test('a description has at most 4,000 characters', () => {
  expect(checkDescription('x'.repeat(4000))).toBeNull();
  expect(checkDescription('x'.repeat(4001))?.key).toBe('descriptionTooLong');
});

test('a free name is found beside the taken ones', () => {
  expect(freeName('lab', [])).toBe('lab');
  expect(freeName('lab', ['lab', 'lab 2'])).toBe('lab 3');
});
