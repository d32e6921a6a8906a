/** The English texts say which keys there are: tsc refuses a key that none of the files has. */
import 'i18next';
import type audit from '../locales/en/audit.json';
import type capacities from '../locales/en/capacities.json';
import type comments from '../locales/en/comments.json';
import type experiments from '../locales/en/experiments.json';
import type files from '../locales/en/files.json';
import type git from '../locales/en/git.json';
import type home from '../locales/en/home.json';
import type models from '../locales/en/models.json';
import type notebooks from '../locales/en/notebooks.json';
import type people from '../locales/en/people.json';
import type reasons from '../locales/en/reasons.json';
import type reports from '../locales/en/reports.json';
import type runs from '../locales/en/runs.json';
import type schedules from '../locales/en/schedules.json';
import type sessions from '../locales/en/sessions.json';
import type settings from '../locales/en/settings.json';
import type shell from '../locales/en/shell.json';
import type tables from '../locales/en/tables.json';
import type webhooks from '../locales/en/webhooks.json';
import type workspaces from '../locales/en/workspaces.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'shell';
    resources: {
      audit: typeof audit;
      capacities: typeof capacities;
      comments: typeof comments;
      experiments: typeof experiments;
      files: typeof files;
      git: typeof git;
      home: typeof home;
      models: typeof models;
      notebooks: typeof notebooks;
      people: typeof people;
      reasons: typeof reasons;
      reports: typeof reports;
      runs: typeof runs;
      schedules: typeof schedules;
      sessions: typeof sessions;
      settings: typeof settings;
      shell: typeof shell;
      tables: typeof tables;
      webhooks: typeof webhooks;
      workspaces: typeof workspaces;
    };
  }
}
