import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'electron-vite';
import type { Plugin } from 'vite';

/** Native or optional parts that our libraries load in a try/catch: they stay outside the bundle. */
const optionalNatives = [/\.node$/, 'cpu-features', 'bufferutil', 'utf-8-validate'];

/** etcd3 reads its protocol files from `../proto`, seen from where its code is: out/main/chunks when it is bundled. */
const etcdProtocol: Plugin = {
  name: 'etcd-protocol',
  writeBundle: ({ dir = 'out/main' }) => cpSync('node_modules/etcd3/proto', join(dir, 'proto'), { recursive: true }),
};

export default defineConfig({
  main: {
    plugins: [etcdProtocol],
    build: {
      externalizeDeps: false,
      outDir: 'out/main',
      minify: false,
      rollupOptions: {
        input: { index: 'src/main/index.ts', serve: 'src/main/serve.ts' },
        external: ['electron', ...optionalNatives],
        output: { format: 'es' },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false,
      outDir: 'out/preload',
      // A sandboxed preload must be CommonJS.
      rollupOptions: {
        input: { index: 'src/preload/index.ts' },
        external: ['electron'],
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: 'src/renderer',
    plugins: [svelte(), tailwindcss()],
    build: { outDir: 'out/renderer', rollupOptions: { input: 'src/renderer/index.html' } },
  },
});
