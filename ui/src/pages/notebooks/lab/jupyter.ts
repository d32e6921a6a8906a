/** One connection to Jupyter for all notebooks of this browser tab, through our own door at /jupyter. */
import { PageConfig } from '@jupyterlab/coreutils';
import { ContentsManager, ServerConnection, ServiceManager, type Event } from '@jupyterlab/services';
import { Stream } from '@lumino/signaling';
import { createDrive, type NotebookDrive } from './drive';

/** Jupyter's own event feed is not used: changes come over /api/v1/events. */
class NoEvents implements Event.IManager {
  readonly stream: Stream<Event.IManager, Event.Emission> = new Stream<Event.IManager, Event.Emission>(this);
  isDisposed = false;

  constructor(readonly serverSettings: ServerConnection.ISettings) {}

  emit(): Promise<void> {
    return Promise.resolve();
  }

  dispose(): void {
    this.isDisposed = true;
    this.stream.stop();
  }
}

/** Content shows without waiting for the lists of kernels and sessions. */
class Services extends ServiceManager {
  override get ready(): Promise<void> {
    return Promise.resolve();
  }
}

export interface Jupyter {
  services: ServiceManager;
  drive: NotebookDrive;
}

let jupyter: Jupyter | undefined;

export function connectJupyter(): Jupyter {
  if (jupyter) return jupyter;
  const baseUrl = `${location.origin}/jupyter/`;
  PageConfig.setOption('baseUrl', baseUrl);
  PageConfig.setOption('token', '');
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace(/^http/, 'ws'),
    token: '',
    appendToken: false,
    init: { cache: 'no-store', credentials: 'same-origin' },
  });
  const drive = createDrive(serverSettings);
  const contents = new ContentsManager({ defaultDrive: drive, serverSettings });
  const events = new NoEvents(serverSettings);
  jupyter = { drive, services: new Services({ serverSettings, contents, events, standby: 'when-hidden' }) };
  return jupyter;
}
