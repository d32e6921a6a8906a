/** Whether scripts of one notebook's outputs may use the network. A person's own choice in this browser, never the file's. */
import { Signal } from '@lumino/signaling';

export class NetworkPermission {
  readonly changed = new Signal<this, void>(this);

  constructor(private readonly notebook: string) {}

  private get key(): string {
    return `handloom.outputs.network.${this.notebook}`;
  }

  get allowed(): boolean {
    return localStorage.getItem(this.key) === 'allowed';
  }

  set(allowed: boolean): void {
    if (allowed) localStorage.setItem(this.key, 'allowed');
    else localStorage.removeItem(this.key);
    this.changed.emit();
  }
}
