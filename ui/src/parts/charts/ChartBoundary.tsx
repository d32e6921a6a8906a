/** Keeps a chart that fails to be drawn, or to be removed, from taking the page with it. Another option is tried anew. */
import { Component, type ReactNode } from 'react';

interface Props {
  /** What is drawn: after a failure, the next one is tried. */
  drawn: unknown;
  /** Shown in place of a chart that failed. */
  fallback: ReactNode;
  children: ReactNode;
}

interface State {
  failed: unknown;
  isFailed: boolean;
}

export class ChartBoundary extends Component<Props, State> {
  override state: State = { failed: null, isFailed: false };

  static getDerivedStateFromError(): Partial<State> {
    return { isFailed: true };
  }

  override componentDidCatch(): void {
    this.setState({ failed: this.props.drawn });
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.isFailed && before.drawn !== this.props.drawn && this.state.failed !== this.props.drawn) this.setState({ isFailed: false });
  }

  override render(): ReactNode {
    return this.state.isFailed ? this.props.fallback : this.props.children;
  }
}
