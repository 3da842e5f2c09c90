import { afterAll, beforeAll, describe, test } from 'vitest';
import { silentLog } from '../embedded/test-log.ts';
import { describeStorage } from '../storage.contract.ts';
import { openEtcdStore } from './index.ts';
import { etcdMissing, TestEtcd } from './testing.ts';

const windowEvents = 400;
let etcd: TestEtcd;
let run = 0;

if (etcdMissing !== undefined) test.skip(`etcd storage: ${etcdMissing}`, () => undefined);
describe.skipIf(etcdMissing !== undefined)('on a real etcd', () => {
  beforeAll(async () => void (etcd = await TestEtcd.start()));
  afterAll(() => etcd.dispose());

  describeStorage({
    name: 'etcd',
    windowEvents,
    open: async () => {
      // One etcd for all tests: each has a prefix of its own, and meets the revisions of the others.
      const prefix = `/test/${++run}`;
      const bounds = { windowEvents, watcherBacklog: windowEvents, windowBytes: Infinity, windowMs: Infinity };
      const open = (): ReturnType<typeof openEtcdStore> =>
        openEtcdStore({ endpoints: [etcd.endpoint], log: silentLog, clock: Date, prefix, bounds });
      let storage = await open();
      return {
        storage,
        reopen: async () => {
          await storage.close();
          return (storage = await open());
        },
        dispose: () => storage.close(),
      };
    },
  });
});
