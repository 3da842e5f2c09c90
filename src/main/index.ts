import { join } from 'node:path';
import { run } from './shell/run.ts';

// Electron's entry. Everything but windows and menus is also proved under plain Node by serve.ts.
await run(join(import.meta.dirname, '..'));
