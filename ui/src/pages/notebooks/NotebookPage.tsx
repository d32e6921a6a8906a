/** The page of a notebook: load its record, then the editor; error states for a missing or broken one. */
import type { QueryClient } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { useMe } from '../../api/me';
import { notebookQuery, useNotebook } from '../../api/notebooks';
import { isNotFound } from '../../lib/errors';
import { ErrorState } from '../../parts/ErrorState';
import { Gone } from './panels/Gone';
import { NotebookEditor } from './NotebookEditor';
import { Loading } from './panels/Loading';

export function prefetch(client: QueryClient, { workspace = '', notebook = '' }: Record<string, string | undefined>): Promise<void> {
  return client.prefetchQuery(notebookQuery(workspace, notebook));
}

export default function NotebookPage() {
  const { workspace = '', notebook = '' } = useParams();
  return <OneNotebook key={`${workspace}/${notebook}`} workspace={workspace} notebook={notebook} />;
}

function OneNotebook({ workspace, notebook }: { workspace: string; notebook: string }) {
  const { data, error, refetch } = useNotebook(workspace, notebook);
  const me = useMe();
  const name = me.data?.user.display_name || me.data?.user.name || '';
  if (!data) {
    if (isNotFound(error)) return <Gone workspace={workspace} />;
    if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <Loading />;
  }
  return <NotebookEditor record={data} me={name} gone={isNotFound(error)} />;
}
