// `npm run serve -- [options]`: the control plane and the screen without Electron. Builds first when needed.
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
await import('../out/main/serve.js');
