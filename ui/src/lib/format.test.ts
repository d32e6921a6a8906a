import { expect, test } from 'vitest';
import { exactNumber, formatBytes, formatDuration, formatNumber, formatRelative } from './format';

test('numbers keep four significant digits and lose no whole ones', () => {
  expect(formatNumber(0.123456, 'en')).toBe('0.1235');
  expect(formatNumber(41.25, 'en')).toBe('41.25');
  expect(formatNumber(1234567, 'en')).toBe('1,234,567');
  expect(formatNumber(123456.7, 'en')).toBe('123,456.7');
  expect(formatNumber(1683.83, 'en')).toBe('1,683.83');
  expect(formatNumber(0.00001234, 'en')).toBe('1.234e-5');
  expect(formatNumber(0, 'en')).toBe('0');
});

test('far numbers keep their exponent', () => {
  expect(formatNumber(1e300, 'en')).toBe('1e300');
  expect(formatNumber(1e-300, 'ko')).toBe('1e-300');
  expect(formatNumber(-2.5e12, 'en')).toBe('-2.5e12');
});

test('the largest number stands for infinity, as MLflow stores it', () => {
  expect(formatNumber(Number.MAX_VALUE, 'en')).toBe('∞');
  expect(exactNumber(-Number.MAX_VALUE)).toBe('-Infinity');
  expect(exactNumber(null)).toBe('NaN');
  expect(exactNumber(0.1)).toBe('0.1');
});

test('numbers that are none are said', () => {
  expect(formatNumber(null, 'en')).toBe('NaN');
  expect(formatNumber(Infinity, 'en')).toBe('∞');
  expect(formatNumber(-Infinity, 'en')).toBe('-∞');
});

test('durations use their two largest units', () => {
  expect(formatDuration(412, 'en')).toBe('412 ms');
  expect(formatDuration(4230, 'en')).toBe('4.2 s');
  expect(formatDuration(185_000, 'en')).toBe('3 min 5 s');
  expect(formatDuration(60_000, 'en')).toBe('1 min');
  expect(formatDuration(4_320_000, 'en')).toBe('1 h 12 min');
  expect(formatDuration(90_000_000, 'en')).toBe('1 d 1 h');
  expect(formatDuration(185_000, 'ko')).toBe('3분 5초');
});

test('durations never round up to a unit they do not have', () => {
  expect(formatDuration(999.9, 'en')).toBe('1 s');
  expect(formatDuration(59_990, 'en')).toBe('1 min');
  expect(formatDuration(3_599_900, 'en')).toBe('1 h');
});

test('bytes are counted in thousands', () => {
  expect(formatBytes(512, 'en')).toBe('512 B');
  expect(formatBytes(4100, 'en')).toBe('4.1 kB');
  expect(formatBytes(104_900_000, 'en')).toBe('105 MB');
  expect(formatBytes(999_999, 'en')).toBe('1 MB');
});

test('the last 45 seconds are just now', () => {
  expect(formatRelative(1_000_000, 'en', 1_030_000)).toBeNull();
  expect(formatRelative(1_000_000, 'en', 1_050_000)).toBe('1 minute ago');
  expect(formatRelative(0, 'en', 7_200_000)).toBe('2 hours ago');
  expect(formatRelative(0, 'ko', 7_200_000)).toBe('2시간 전');
});
