import { expect, test } from 'vitest';
import { codeOfFile, pandasOf, pythonOf, sqlName, sqlOf, withCode } from './lakeCode';

const sales = { schema: 'dbo', name: 'sales', path: 'Tables/sales', format: 'delta' };

test('a table of the default schema needs no schema, and an odd name is quoted', () => {
  expect(sqlName(sales)).toBe('sales');
  expect(sqlName({ schema: 'gold', name: '판매' })).toBe('gold.`판매`');
  expect(sqlName({ schema: 'dbo', name: 'a`b' })).toBe('`a``b`');
});

test('a version is read by its number', () => {
  expect(pythonOf(sales)).toBe('df = spark.read.table("sales")\ndisplay(df)');
  expect(pythonOf(sales, 3)).toContain('.option("versionAsOf", 3).load("Tables/sales")');
  expect(sqlOf(sales, 3)).toBe('SELECT * FROM sales VERSION AS OF 3 LIMIT 100');
  expect(pandasOf(sales, 3)).toContain('DeltaTable("/lakehouse/default/Tables/sales", version=3).to_pandas()');
});

test('a file is read by what its ending says', () => {
  expect(codeOfFile('Files/a "b".csv')).toContain('pd.read_csv("/lakehouse/default/Files/a \\"b\\".csv")');
  expect(codeOfFile('Files/A.PARQUET')).toContain('pd.read_parquet(');
  expect(codeOfFile('Files/a.jsonl')).toContain('lines=True');
  expect(codeOfFile('Files/model.bin')).toBe('path = "/lakehouse/default/Files/model.bin"');
});

test('code is dropped after its line, and in place of an empty one', () => {
  expect(withCode('', 0, 'a\nb')).toBe('a\nb');
  expect(withCode('1 + 1', 0, 'a\nb')).toBe('1 + 1\na\nb');
  expect(withCode('x\n\ny', 1, 'a')).toBe('x\na\ny');
  expect(withCode('x\ny', 9, 'a')).toBe('x\ny\na');
});
