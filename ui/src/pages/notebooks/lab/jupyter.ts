/** One connection to Jupyter for all notebooks of this browser tab, through our own door at /jupyter. */
import { PageConfig } from '@jupyterlab/coreutils';
import { ContentsManager, KernelManager, ServerConnection, ServiceManager, type Event, type Kernel } from '@jupyterlab/services';
import { Signal, Stream } from '@lumino/signaling';
import { fullAddress, socketAddress } from '../../../lib/pathPrefix';
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

/**
 * Tells of each connection as it is made. JupyterLab tells of it later, when the server may have sent the outputs of what
 * runs already.
 */
class Kernels extends KernelManager {
  readonly connecting = new Signal<this, Kernel.IKernelConnection>(this);

  override connectTo(options: Kernel.IKernelConnection.IOptions): Kernel.IKernelConnection {
    const connection = super.connectTo(options);
    this.connecting.emit(connection);
    return connection;
  }
}

export interface Jupyter {
  services: ServiceManager;
  kernels: Kernels;
  drive: NotebookDrive;
}

let jupyter: Jupyter | undefined;

export function connectJupyter(): Jupyter {
  if (jupyter) return jupyter;
  // the library that resolves relative links in text was written for Node
  if (!('process' in globalThis)) Object.assign(globalThis, { process: { env: {}, cwd: () => '/' } });
  const baseUrl = fullAddress('/jupyter/');
  PageConfig.setOption('baseUrl', baseUrl);
  PageConfig.setOption('token', '');
  // answers to these do not tell whether the kernel works
  PageConfig.setOption('untracked_message_types', '["kernel_info_request", "comm_info_request"]');
  const serverSettings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: socketAddress('/jupyter/'),
    token: '',
    appendToken: false,
    init: { cache: 'no-store', credentials: 'same-origin' },
  });
  const drive = createDrive(serverSettings);
  const contents = new ContentsManager({ defaultDrive: drive, serverSettings });
  const events = new NoEvents(serverSettings);
  const kernels = new Kernels({ serverSettings, standby: 'when-hidden' });
  const services = new Services({ serverSettings, contents, events, kernels, standby: 'when-hidden' });
  jupyter = { drive, kernels, services };
  return jupyter;
}
