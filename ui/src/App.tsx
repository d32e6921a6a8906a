/** The route table and the providers around every page: theme, query client, notices, shell. */
import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, useEffect, useState } from 'react';
import { createBrowserRouter, RouterProvider, type RouteObject } from 'react-router';
import { connectEvents } from './api/events';
import { createQueryClient } from './api/queries';
import { addPathPrefix, pathPrefix } from './lib/pathPrefix';
import { ThemeProvider } from './lib/theme';
import { CrashPage } from './pages/shell/CrashPage';
import { NotFoundPage } from './pages/shell/NotFoundPage';
import { Shell } from './pages/shell/Shell';

const HomePage = lazy(() => import('./pages/home/HomePage'));
const CreatePage = lazy(() => import('./pages/create/CreatePage'));
const WorkspacesPage = lazy(() => import('./pages/workspaces/WorkspacesPage'));
const WorkspacePage = lazy(() => import('./pages/workspaces/WorkspacePage'));
const PeoplePage = lazy(() => import('./pages/people/PeoplePage'));
const CapacitiesPage = lazy(() => import('./pages/capacities/CapacitiesPage'));
const BinPage = lazy(() => import('./pages/bin/BinPage'));
const AuditPage = lazy(() => import('./pages/audit/AuditPage'));
const SessionsPage = lazy(() => import('./pages/sessions/SessionsPage'));
const SchedulesPage = lazy(() => import('./pages/schedules/SchedulesPage'));
const SchedulePage = lazy(() => import('./pages/schedules/SchedulePage'));
const JobPage = lazy(() => import('./pages/schedules/JobPage'));
const GitPage = lazy(() => import('./pages/git/GitPage'));
const WebhooksPage = lazy(() => import('./pages/webhooks/WebhooksPage'));
const ProfilePage = lazy(() => import('./pages/people/ProfilePage'));
const FilesPage = lazy(() => import('./pages/files/FilesPage'));
const TablesPage = lazy(() => import('./pages/tables/TablesPage'));
const NotebookPage = lazy(() => import('./pages/notebooks/NotebookPage'));
const ExperimentPage = lazy(() => import('./pages/experiments/ExperimentPage'));
const ComparePage = lazy(() => import('./pages/compare/ComparePage'));
const ReportPage = lazy(() => import('./pages/reports/ReportPage'));
const ModelPage = lazy(() => import('./pages/models/ModelPage'));

const routes: RouteObject[] = [
  {
    element: <Shell />,
    errorElement: <CrashPage />,
    children: [
      {
        errorElement: <CrashPage />,
        children: [
          { path: '/', element: <HomePage /> },
          { path: '/create', element: <CreatePage /> },
          { path: '/workspaces', element: <WorkspacesPage /> },
          { path: '/workspaces/:workspace', element: <WorkspacePage /> },
          { path: '/workspaces/:workspace/notebooks/:notebook', element: <NotebookPage /> },
          { path: '/workspaces/:workspace/experiments/:experiment', element: <ExperimentPage /> },
          { path: '/workspaces/:workspace/models/:model', element: <ModelPage /> },
          { path: '/workspaces/:workspace/reports/:report', element: <ReportPage /> },
          { path: '/workspaces/:workspace/files', element: <FilesPage /> },
          { path: '/workspaces/:workspace/tables', element: <TablesPage /> },
          { path: '/workspaces/:workspace/tables/:schema/:table', element: <TablesPage /> },
          { path: '/workspaces/:workspace/bin', element: <BinPage /> },
          { path: '/bin', element: <BinPage /> },
          { path: '/workspaces/:workspace/audit', element: <AuditPage /> },
          { path: '/workspaces/:workspace/sessions', element: <SessionsPage /> },
          { path: '/sessions', element: <SessionsPage /> },
          { path: '/workspaces/:workspace/schedules', element: <SchedulesPage /> },
          { path: '/workspaces/:workspace/schedules/:schedule', element: <SchedulePage /> },
          { path: '/workspaces/:workspace/jobs/:job', element: <JobPage /> },
          { path: '/workspaces/:workspace/git', element: <GitPage /> },
          { path: '/compare', element: <ComparePage /> },
          { path: '/workspaces/:workspace/webhooks', element: <WebhooksPage /> },
          { path: '/audit', element: <AuditPage /> },
          { path: '/capacities', element: <CapacitiesPage /> },
          { path: '/people', element: <PeoplePage /> },
          { path: '/profile', element: <ProfilePage /> },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
];

addPathPrefix();
const router = createBrowserRouter(routes, { basename: pathPrefix || '/' });

export function App() {
  const [client] = useState(createQueryClient);
  useEffect(() => connectEvents(client), [client]);
  return (
    <ThemeProvider>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ThemeProvider>
  );
}
