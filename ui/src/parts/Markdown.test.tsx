import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { Markdown, Pictures } from './Markdown';

afterEach(cleanup);

function show(text: string) {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Pictures.Provider value={(file) => `/files?path=${file}`}>
        <Markdown text={text} />
      </Pictures.Provider>
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

test('pictures of the text and of the files beside it are shown, and those of other addresses are links', async () => {
  show('![curve](plots/a%20b.png) ![dot](data:image/png;base64,aGk=) ![far](https://example.org/x.png) ![out](/sign-out) ![svg](data:image/svg+xml;base64,aGk=)');
  expect((await screen.findByRole('img', { name: 'curve' })).getAttribute('src')).toBe('/files?path=plots/a b.png');
  expect(screen.getAllByRole('img')).toHaveLength(2);
  expect(screen.getByRole('link', { name: 'far' })).toBeTruthy();
});
