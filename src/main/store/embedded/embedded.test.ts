import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStorage } from '../storage.contract.ts';
import { openEmbeddedStore } from './index.ts';
import { silentLog } from './test-log.ts';

const windowEvents = 400;

describeStorage({
  name: 'embedded',
  windowEvents,
  open: async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wheelhouse-store-'));
    const open = (): ReturnType<typeof openEmbeddedStore> =>
      openEmbeddedStore({ dir, log: silentLog, clock: Date, options: { windowEvents, watcherBacklog: windowEvents } });
    let storage = await open();
    return {
      storage,
      reopen: async () => {
        await storage.close();
        return (storage = await open());
      },
      dispose: async () => {
        await storage.close();
        await rm(dir, { recursive: true });
      },
    };
  },
});
