import { FluentProvider, webLightTheme } from '@fluentui/react-components';
import { cleanup, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { i18n } from '../../lib/i18n';
import { TagList } from './TagList';

beforeAll(() => i18n.changeLanguage('en'));
afterEach(cleanup);

function Tags({ initial, refuse }: { initial: Record<string, string>; refuse?: string }) {
  const [tags, setTags] = useState(initial);
  return (
    <FluentProvider theme={webLightTheme}>
      <TagList
        tags={tags}
        onPut={async (key, value) => {
          if (refuse) throw new Error(refuse);
          setTags({ ...tags, [key]: value });
        }}
        onRemove={async (key) => setTags(Object.fromEntries(Object.entries(tags).filter(([one]) => one !== key)))}
      />
    </FluentProvider>
  );
}

test('a tag is added, changed and removed', async () => {
  const user = userEvent.setup();
  render(<Tags initial={{}} />);
  await user.click(screen.getByRole('button', { name: 'Add tag' }));
  await user.type(screen.getByRole('textbox', { name: 'Tag name' }), 'team');
  await user.type(screen.getByRole('textbox', { name: 'Tag value' }), 'vision{Enter}');
  expect(await screen.findByText('vision')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Edit tag team' }));
  const value = screen.getByRole('textbox', { name: 'Tag value' });
  await user.clear(value);
  await user.type(value, 'speech{Enter}');
  expect(await screen.findByText('speech')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Remove tag team' }));
  expect(await screen.findByText('No tags.')).toBeTruthy();
});

test('a name that MLflow keeps for itself is refused while it is typed', async () => {
  const user = userEvent.setup();
  render(<Tags initial={{ team: 'a' }} />);
  await user.click(screen.getByRole('button', { name: 'Add tag' }));
  await user.type(screen.getByRole('textbox', { name: 'Tag name' }), 'mlflow.user');
  expect(screen.getByText('Names starting with mlflow. belong to MLflow.')).toBeTruthy();
  await user.clear(screen.getByRole('textbox', { name: 'Tag name' }));
  await user.type(screen.getByRole('textbox', { name: 'Tag name' }), 'team{Enter}');
  expect(screen.getByText('A tag of this name exists.')).toBeTruthy();
});

test('what the server refuses stays in the form with its words', async () => {
  const user = userEvent.setup();
  render(<Tags initial={{}} refuse="The disk is full." />);
  await user.click(screen.getByRole('button', { name: 'Add tag' }));
  await user.type(screen.getByRole('textbox', { name: 'Tag name' }), 'team{Enter}');
  expect(await screen.findByText('The disk is full.')).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>('textbox', { name: 'Tag name' }).value).toBe('team');
});

test('Escape leaves the tag as it was', async () => {
  const user = userEvent.setup();
  render(<Tags initial={{ team: 'vision' }} />);
  await user.click(screen.getByRole('button', { name: 'Edit tag team' }));
  await user.type(screen.getByRole('textbox', { name: 'Tag value' }), ' and more{Escape}');
  expect(screen.getByText('vision')).toBeTruthy();
});
