import { readFile } from 'node:fs/promises';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin } from 'vite';

/** JupyterLab imports its icons as source text, which webpack calls asset/source. */
function jupyterIcons(): Plugin {
  return {
    name: 'jupyter-icons',
    enforce: 'pre',
    async load(id) {
      const [path = ''] = id.split('?');
      if (!/@jupyterlab\/[^/]+\/style\/.*\.svg$/.test(path)) return null;
      return { code: `export default ${JSON.stringify(await readFile(path, 'utf8'))}`, moduleType: 'js' };
    },
  };
}

/**
 * JupyterLab's notebook model reads each new cell and makes its history before it belongs to a document, of which Yjs warns
 * each time: for a notebook of 500 cells a quarter of the work until it is shown.
 */
function quietYjs(): Plugin {
  return {
    name: 'quiet-yjs',
    transform(code, id) {
      if (!/\/yjs\/dist\/yjs\.mjs$/.test(id)) return null;
      const warnings = [/logging\.warn\('Invalid access: [^']*'\);/, /if \([^\n]*\) logging\.warn\('\[yjs#509\] [^']*'\);/];
      if (!warnings.every((one) => one.test(code))) throw new Error('Yjs does not warn any more as it did: change this plugin.');
      return { code: warnings.reduce((rest, one) => rest.replace(one, ''), code), map: null };
    },
  };
}

const EXPORTED_CHART = 'src/pages/notebooks/frame/charts/exportedChart.ts';
const EXPORTED_MATH = 'node_modules/mathjax-full/es5/tex-svg-full.js';

/** Scripts without imports for the HTML files of notebooks, which have no server to load others from. */
function exportedScripts(): Plugin {
  return {
    name: 'exported-scripts',
    apply: 'build',
    async generateBundle() {
      const built = await build({
        configFile: false,
        logLevel: 'warn',
        define: { 'process.env.NODE_ENV': '"production"' },
        build: { write: false, target: 'es2022', lib: { entry: EXPORTED_CHART, formats: ['iife'], name: 'exportedChart' } },
      });
      const [only] = [built].flat().flatMap((one) => ('output' in one ? one.output : []));
      if (only?.type !== 'chunk') throw new Error('The script of exported charts was not built.');
      this.emitFile({ type: 'asset', name: 'exportedChart.js', originalFileName: EXPORTED_CHART, source: only.code });
      this.emitFile({ type: 'asset', name: 'exportedMath.js', originalFileName: EXPORTED_MATH, source: await readFile(EXPORTED_MATH, 'utf8') });
    },
  };
}

/** What is loaded as one file: a browser asks for six at a time, and each has a price of its own. */
const together = [
  { name: 'texts-en', test: /\/src\/locales\/en\// },
  { name: 'texts-ko', test: /\/src\/locales\/ko\// },
  { name: 'shared', test: /node_modules\/(@fluentui|@griffel|@floating-ui|tabster|keyborg)\//, minShareCount: 3 },
  { name: 'shell', tags: ['$initial' as const] },
  { name: 'parts', test: /\/src\/(lib|api|parts)\//, minShareCount: 3 },
  { name: 'runs', test: /\/src\/pages\/(compare|experiments|reports|runs|traces)\//, minShareCount: 2 },
];

const server = process.env.HANDLOOM_URL ?? 'http://127.0.0.1:8484';

export default defineConfig({
  base: '/',
  // Files name each other relative to themselves, so that they work below a path; the server completes index.html.
  experimental: {
    renderBuiltUrl: (filename, { hostType }) => (hostType === 'html' ? `/${filename}` : { relative: true }),
  },
  // MathJax was written for Node, where these names exist.
  define: { global: 'globalThis', __dirname: JSON.stringify('/') },
  cacheDir: process.env.VITE_CACHE ?? 'node_modules/.vite',
  plugins: [jupyterIcons(), quietYjs(), exportedScripts(), react()],
  resolve: {
    alias: [{ find: /^~(.*)$/, replacement: '$1' }],
    dedupe: ['react', 'react-dom', 'yjs', '@lumino/widgets', '@codemirror/state', '@codemirror/view'],
  },
  // JupyterLab's pageconfig.js holds a direct eval that never runs here: bundling it anyway is known and meant.
  build: { manifest: 'manifest.json', rolldownOptions: { checks: { eval: false }, output: { codeSplitting: { groups: together } } }, outDir: '../src/handloom/static', emptyOutDir: true, target: 'es2022', chunkSizeWarningLimit: 5000 },
  server: {
    proxy: {
      '/api': { target: server, ws: true },
      '/jupyter': { target: server, ws: true },
      '/sign-in': server,
    },
  },
});
