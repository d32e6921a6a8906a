import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { Markdown } from './Markdown';

afterEach(cleanup);

function show(text: string) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Markdown text={text} />
    </QueryClientProvider>,
  );
}

test('headings, lists, tables and code are shown as such', async () => {
  show('# Result\n\n- **r2** of `0.56`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n');
  expect((await screen.findByRole('heading', { name: 'Result' })).tagName).toBe('H4');
  expect(screen.getByRole('listitem').querySelector('strong')?.textContent).toBe('r2');
  expect(screen.getByRole('cell', { name: '2' })).toBeTruthy();
});

test('HTML stays text, and a link that would run a script is none', async () => {
  show('a <img src=x onerror="alert(1)"> b\n\n[press](javascript:alert(1)) [see](https://example.org) x < y & z');
  expect((await screen.findByRole('link')).getAttribute('href')).toBe('https://example.org');
  expect(document.querySelector('img')).toBeNull();
  expect(document.body.textContent).toContain('<img src=x onerror="alert(1)">');
  expect(document.body.textContent).toContain('x < y & z');
});
