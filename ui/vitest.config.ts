import { defineConfig, mergeConfig } from 'vitest/config';
import vite from './vite.config';

export default mergeConfig(
  vite,
  defineConfig({
    test: {
      environment: 'jsdom',
      setupFiles: ['./vitest.setup.ts'],
      include: ['src/**/*.test.{ts,tsx}'],
      css: false,
      restoreMocks: true,
      passWithNoTests: false,
      testTimeout: 60_000,
      server: { deps: { inline: [/@jupyterlab\//, /@lumino\//, /@fluentui\//] } },
    },
  }),
);
