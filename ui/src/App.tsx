/** The route table and the providers around every page: theme, query client, notices, shell. */
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query';
import { lazy, useEffect, useState, type ComponentType } from 'react';
import { createBrowserRouter, RouterProvider, type RouteObject } from 'react-router';
import { connectEvents } from './api/events';
import { createQueryClient } from './api/queries';
import { LanguageProvider } from './lib/language';
import { addPathPrefix, pathPrefix } from './lib/pathPrefix';
import { ThemeProvider } from './lib/theme';
import { CrashPage } from './pages/shell/CrashPage';
import { NotFoundPage } from './pages/shell/NotFoundPage';
import { Shell } from './pages/shell/Shell';

interface PageModule {
  default: ComponentType;
  /** Ask for what the page shows first; the page asks again for what failed. */
  prefetch?: (client: QueryClient, params: Record<string, string | undefined>, search: URLSearchParams) => Promise<void>;
}
type Load = () => Promise<PageModule>;

/** The code of each page by its path, and the pages that have arrived. */
const loads = new Map<string, Load>();
const arrived = new Map<Load, ComponentType>();

function lazyPage(load: Load) {
  const Later = lazy(load);
  // A page that is there already is drawn at once, without its placeholder first.
  function Page() {
    const [Shown] = useState(() => arrived.get(load) ?? Later);
    return <Shown />;
  }
  return { element: <Page />, load };
}

function page(path: string, { element, load }: ReturnType<typeof lazyPage>): RouteObject {
  loads.set(path, load);
  return { path, element };
}

const homePage = lazyPage(() => import('./pages/home/HomePage'));
const createPage = lazyPage(() => import('./pages/create/CreatePage'));
const workspacesPage = lazyPage(() => import('./pages/workspaces/WorkspacesPage'));
const workspacePage = lazyPage(() => import('./pages/workspaces/WorkspacePage'));
const peoplePage = lazyPage(() => import('./pages/people/PeoplePage'));
const capacitiesPage = lazyPage(() => import('./pages/capacities/CapacitiesPage'));
const binPage = lazyPage(() => import('./pages/bin/BinPage'));
const auditPage = lazyPage(() => import('./pages/audit/AuditPage'));
const sessionsPage = lazyPage(() => import('./pages/sessions/SessionsPage'));
const schedulesPage = lazyPage(() => import('./pages/schedules/SchedulesPage'));
const schedulePage = lazyPage(() => import('./pages/schedules/SchedulePage'));
const jobPage = lazyPage(() => import('./pages/schedules/JobPage'));
const gitPage = lazyPage(() => import('./pages/git/GitPage'));
const webhooksPage = lazyPage(() => import('./pages/webhooks/WebhooksPage'));
const profilePage = lazyPage(() => import('./pages/people/ProfilePage'));
const filesPage = lazyPage(() => import('./pages/files/FilesPage'));
const tablesPage = lazyPage(() => import('./pages/tables/TablesPage'));
const notebookPage = lazyPage(() => import('./pages/notebooks/NotebookPage'));
const experimentPage = lazyPage(() => import('./pages/experiments/ExperimentPage'));
const comparePage = lazyPage(() => import('./pages/compare/ComparePage'));
const reportPage = lazyPage(() => import('./pages/reports/ReportPage'));
const modelPage = lazyPage(() => import('./pages/models/ModelPage'));

const routes: RouteObject[] = [
  {
    element: <Shell />,
    errorElement: <CrashPage />,
    children: [
      {
        errorElement: <CrashPage />,
        children: [
          page('/', homePage),
          page('/create', createPage),
          page('/workspaces', workspacesPage),
          page('/workspaces/:workspace', workspacePage),
          page('/workspaces/:workspace/notebooks/:notebook', notebookPage),
          page('/workspaces/:workspace/experiments/:experiment', experimentPage),
          page('/workspaces/:workspace/models/:model', modelPage),
          page('/workspaces/:workspace/reports/:report', reportPage),
          page('/workspaces/:workspace/files', filesPage),
          page('/workspaces/:workspace/tables', tablesPage),
          page('/workspaces/:workspace/tables/:schema/:table', tablesPage),
          page('/workspaces/:workspace/bin', binPage),
          page('/bin', binPage),
          page('/workspaces/:workspace/audit', auditPage),
          page('/workspaces/:workspace/sessions', sessionsPage),
          page('/sessions', sessionsPage),
          page('/workspaces/:workspace/schedules', schedulesPage),
          page('/workspaces/:workspace/schedules/:schedule', schedulePage),
          page('/workspaces/:workspace/jobs/:job', jobPage),
          page('/workspaces/:workspace/git', gitPage),
          page('/compare', comparePage),
          page('/workspaces/:workspace/webhooks', webhooksPage),
          page('/audit', auditPage),
          page('/capacities', capacitiesPage),
          page('/people', peoplePage),
          page('/profile', profilePage),
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
];

addPathPrefix();
const router = createBrowserRouter(routes, { basename: pathPrefix || '/' });
const client = createQueryClient();

/** Load the code of the first page, and what it asks for, beside the texts and the shell. A failure is met again when the page is shown. */
async function loadFirstPage(): Promise<void> {
  const match = router.state.matches.at(-1);
  const load = loads.get(match?.route.path ?? '');
  if (!match || !load) return;
  const module = await load();
  arrived.set(load, module.default);
  await module.prefetch?.(client, match.params, new URLSearchParams(location.search));
}

/** Settles, whatever becomes of it, when the first page can be drawn as a whole. */
export const firstPage = loadFirstPage().catch(() => undefined);

export function App() {
  useEffect(() => connectEvents(client), []);
  return (
    <ThemeProvider>
      <QueryClientProvider client={client}>
        <LanguageProvider>
          <RouterProvider router={router} />
        </LanguageProvider>
      </QueryClientProvider>
    </ThemeProvider>
  );
}
