/** Schedules of notebooks, and the runs of whole notebooks. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { address, del, get, patch, path, post } from './client';
import type {
  CreateSchedule,
  Job,
  JobDetails,
  Jobs,
  Schedule,
  ScheduleNotices,
  Schedules,
  ScheduleTimes,
  StartJob,
  UpdateSchedule,
} from './schema';

/** While something runs, its progress is read this often, in ms; changes arrive as events too. */
const POLL = 3_000;

export function isOver(job: Pick<Job, 'state'>): boolean {
  return job.state !== 'queued' && job.state !== 'running';
}

/** The schedules of a workspace, or of one notebook. */
export function useSchedules(workspace: string, notebook?: string) {
  return useQuery({
    queryKey: ['schedules', workspace, 'list', notebook ?? ''],
    queryFn: ({ signal }) => get<Schedules>(path`/workspaces/${workspace}/schedules`, { notebook }, signal),
    select: (reply) => reply.schedules,
    refetchInterval: ({ state }) => (state.data?.schedules.some(({ last }) => last && !isOver(last)) ? POLL : false),
  });
}

export function useSchedule(workspace: string, schedule: string) {
  return useQuery({
    queryKey: ['schedules', workspace, 'one', schedule],
    queryFn: ({ signal }) => get<Schedule>(path`/workspaces/${workspace}/schedules/${schedule}`, {}, signal),
  });
}

/** The runs of a schedule, newest first. */
export function useScheduleJobs(workspace: string, schedule: string) {
  return useQuery({
    queryKey: ['schedules', workspace, 'jobs', schedule],
    queryFn: ({ signal }) => get<Jobs>(path`/workspaces/${workspace}/jobs`, { schedule }, signal),
    select: (reply) => reply.jobs,
    refetchInterval: ({ state }) => (state.data?.jobs.some((job) => !isOver(job)) ? POLL : false),
  });
}

export function useJob(workspace: string, job: string) {
  return useQuery({
    queryKey: ['schedules', workspace, 'job', job],
    queryFn: ({ signal }) => get<JobDetails>(path`/workspaces/${workspace}/jobs/${job}`, {}, signal),
    refetchInterval: ({ state }) => (state.data && !isOver(state.data.job) ? POLL : false),
  });
}

/** The executed notebook of a run that is over. */
export function useJobDocument(workspace: string, job: string, enabled: boolean) {
  return useQuery({
    queryKey: ['job-documents', workspace, job],
    queryFn: ({ signal }) => get<Record<string, unknown>>(path`/workspaces/${workspace}/jobs/${job}/document`, {}, signal),
    enabled,
    staleTime: Infinity,
  });
}

export function documentAddress(workspace: string, job: string): string {
  return address(path`/workspaces/${workspace}/jobs/${job}/document`);
}

export interface When {
  cron: string;
  every_seconds: number;
  timezone: string;
}

/** The next times of a schedule that is being written; an error says why it cannot be kept. */
export function useScheduleTimes(when: When) {
  return useQuery({
    queryKey: ['schedule-times', when],
    queryFn: ({ signal }) => get<ScheduleTimes>('/schedule-times', { ...when }, signal),
    select: (reply) => reply.times,
    retry: false,
    staleTime: 10_000,
  });
}

/** Failed and missed runs of the caller's own schedules. */
export function useScheduleNotices(since: number) {
  return useQuery({
    queryKey: ['schedule-notices', since],
    queryFn: ({ signal }) => get<ScheduleNotices>('/schedule-notices', { since }, signal),
    refetchInterval: 60_000,
  });
}

function useRefresh() {
  const client = useQueryClient();
  return (workspace: string) => client.invalidateQueries({ queryKey: ['schedules', workspace] });
}

export function useCreateSchedule() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, ...body }: CreateSchedule) => post<Schedule>(path`/workspaces/${workspace}/schedules`, body),
    onSettled: (_, __, { workspace }) => refresh(workspace),
  });
}

export function useUpdateSchedule() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, schedule, ...body }: UpdateSchedule) =>
      patch<Schedule>(path`/workspaces/${workspace}/schedules/${schedule}`, body),
    onSettled: (_, __, { workspace }) => refresh(workspace),
  });
}

interface One {
  workspace: string;
  id: string;
}

export function useDeleteSchedule() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, id }: One) => del(path`/workspaces/${workspace}/schedules/${id}`),
    onSettled: (_, __, { workspace }) => refresh(workspace),
  });
}

export function useRunSchedule() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, id }: One) => post<Job>(path`/workspaces/${workspace}/schedules/${id}/run`),
    onSettled: (_, __, { workspace }) => refresh(workspace),
  });
}

/** Run a notebook once in the background, with parameters. */
export function useStartJob() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, notebook, ...body }: StartJob) =>
      post<Job>(path`/workspaces/${workspace}/notebooks/${notebook}/jobs`, body),
    onSettled: (_, __, { workspace }) => refresh(workspace),
  });
}

export function useStopJob() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ workspace, id }: One) => post<Job>(path`/workspaces/${workspace}/jobs/${id}/stop`),
    onSettled: (_, __, { workspace }) => refresh(workspace),
  });
}
