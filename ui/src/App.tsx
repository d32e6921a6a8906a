/** The route table and the providers around every page: theme, query client, notices, shell. */
import { QueryClientProvider } from '@tanstack/react-query';
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

type Load = () => Promise<{ default: ComponentType }>;

const loads = new Map<string, Load>();

function lazyPage(load: Load) {
  const Page = lazy(load);
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
// The code of the first page is loaded beside the texts and the shell. A failure is met again when the page is shown.
loads.get(router.state.matches.at(-1)?.route.path ?? '')?.().catch(() => undefined);

export function App() {
  const [client] = useState(createQueryClient);
  useEffect(() => connectEvents(client), [client]);
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
