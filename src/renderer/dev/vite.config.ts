import { svelte } from '@sveltejs/vite-plugin-svelte';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

/** The renderer alone, as electron.vite.config.ts builds it, into a folder of its own. */
export default defineConfig({
  root: 'src/renderer',
  base: './',
  plugins: [svelte(), tailwindcss()],
  build: { outDir: '../../node_modules/.cache/wheelhouse-screens', emptyOutDir: true },
});
