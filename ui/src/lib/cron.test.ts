import { expect, test } from 'vitest';
import { readCron, readInterval, readParameter, writeCron, writeParameter } from './cron';

test('simple expressions are fields and come back as they were', () => {
  expect(readCron('0 6 * * *')).toEqual({ kind: 'daily', time: '06:00' });
  expect(readCron('30 9 * * MON-FRI')).toEqual({ kind: 'weekly', time: '09:30', days: [1, 2, 3, 4, 5] });
  expect(readCron('5 23 * * 7,3')).toEqual({ kind: 'weekly', time: '23:05', days: [0, 3] });
  expect(readCron('15 * * * *')).toEqual({ kind: 'hourly', minute: 15 });
  expect(readCron('0 0 31 * *')).toEqual({ kind: 'monthly', time: '00:00', day: 31 });
  for (const cron of ['0 6 * * *', '30 9 * * 1,2,3', '15 * * * *', '0 0 31 * *']) {
    const plan = readCron(cron);
    expect(plan && writeCron(plan)).toBe(cron);
  }
});

test('everything else stays text', () => {
  for (const cron of ['*/5 * * * *', '0 6 * 1 *', '0 6 1 * 1', '0 6 * * 5-1', '0 6 * * 1#2', '60 6 * * *', '0 6 L * *', '', '0 0 6 * * *']) {
    expect(readCron(cron)).toBeNull();
  }
});

test('intervals have the largest unit that is whole', () => {
  expect(readInterval(86_400)).toEqual({ count: 1, unit: 'days' });
  expect(readInterval(5_400)).toEqual({ count: 90, unit: 'minutes' });
  expect(readInterval(90)).toBeNull();
});

test('parameters keep their type through the form', () => {
  expect(['3', '0.5', '1e-3', 'true', 'text', '', '007', '"7"', ' a '].map(readParameter)).toEqual([3, 0.5, 0.001, true, 'text', '', '007', '7', ' a ']);
  for (const value of [3, 0.5, true, 'text', '7', 'true', '']) expect(readParameter(writeParameter(value))).toBe(value);
});
