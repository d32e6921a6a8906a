import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { i18n } from '../../lib/i18n';
import { ImagePreview } from './ImagePreview';

beforeAll(() => i18n.changeLanguage('en'));
afterEach(cleanup);

const shown = (size: number) =>
  render(
    <FluentProvider theme={webLightTheme}>
      <ImagePreview url="/picture.png" name="picture.png" size={size} />
    </FluentProvider>,
  );

test('a picture of ordinary size is shown at once', () => {
  shown(20_000_000);
  expect(screen.getByRole('img', { name: 'picture.png' }).getAttribute('src')).toBe('/picture.png');
});

test('a very large picture is loaded when it is asked for', () => {
  shown(80_000_000);
  expect(screen.queryByRole('img')).toBeNull();
  fireEvent.click(screen.getByRole('button'));
  expect(screen.getByRole('img', { name: 'picture.png' }).getAttribute('src')).toBe('/picture.png');
});

test('what the browser cannot draw is said in words', () => {
  shown(10);
  fireEvent.error(screen.getByRole('img'));
  expect(screen.getByRole('alert').textContent).toBe('This picture cannot be shown.');
});
