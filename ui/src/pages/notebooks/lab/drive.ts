/** Where the notebook's content comes from: Jupyter's contents API, by a path that outlives renames. */
import { Drive, ServerConnection, type Contents } from '@jupyterlab/services';

/** Relative links in text resolve beside the file, so the folder is the real one; the name is the notebook's id. */
export function stablePath(workspace: string, notebook: string): string {
  return `${workspace}/${notebook}.ipynb`;
}

/** Jupyter's drive, in which a notebook keeps its path when its file is renamed. */
export class NotebookDrive extends Drive {
  private readonly files = new Map<string, string>();
  private readonly read = new Map<string, Contents.IModel>();

  /** The file that stands behind a stable path now. */
  setFile(stable: string, file: string): void {
    this.files.set(stable, file);
  }

  private file(path: string): string {
    return this.files.get(path) ?? path;
  }

  /**
   * Reads the file ahead of the page's own reading, which then takes this answer. Fails where the file is broken. The
   * address is the one that the document names to the browser (api/preloads.py), so the answer may be there already.
   */
  async readAhead(stable: string): Promise<Contents.IModel> {
    const { baseUrl } = this.serverSettings;
    const answer = await fetch(`${baseUrl}notebooks/${stable.replace(/\.ipynb$/, '')}`, { credentials: 'same-origin' });
    if (!answer.ok) throw await ServerConnection.ResponseError.create(answer);
    const model: Contents.IModel = await answer.json();
    this.read.set(stable, model);
    return model;
  }

  override async get(path: string, options?: Contents.IFetchOptions): Promise<Contents.IModel> {
    const ahead = options?.content === false ? undefined : this.read.get(path);
    if (ahead) {
      this.read.delete(path);
      return ahead;
    }
    return super.get(this.file(path), options);
  }

  override save(path: string, options?: Partial<Contents.IModel>): Promise<Contents.IModel> {
    return super.save(this.file(path), options);
  }

  override getDownloadUrl(path: string): Promise<string> {
    return super.getDownloadUrl(this.file(path));
  }

  /** Saving is the page's own (saver.ts), so Jupyter's checkpoints beside the file would only be clutter. */
  override listCheckpoints(): Promise<Contents.ICheckpointModel[]> {
    return Promise.resolve([{ id: 'none', last_modified: new Date(0).toISOString() }]);
  }
}

export function createDrive(serverSettings: ServerConnection.ISettings): NotebookDrive {
  return new NotebookDrive({ serverSettings });
}
