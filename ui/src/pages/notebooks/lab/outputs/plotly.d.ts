declare module 'plotly.js-dist-min' {
  const plotly: {
    react: (node: HTMLElement, data: unknown, layout: unknown, config: unknown) => Promise<unknown>;
    purge: (node: HTMLElement) => void;
    Plots: { resize: (node: HTMLElement) => Promise<unknown> };
  };
  export default plotly;
}
