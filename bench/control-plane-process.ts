// The product's own process, built, with a data directory that goes away.
import { ServeProcess, type ServeOptions } from '../e2e/harness/serve-process.ts';
import { LoadClient } from './load-client.ts';

export interface Measured {
  serve: ServeProcess;
  client: LoadClient;
  /** Ends it as `kill -9` does and starts it again on the same data; resolves with the milliseconds to `ready`. */
  restart(): Promise<number>;
}

/** Starts `serve`, and stops it and removes its data when `use` is done with it. */
export async function withControlPlane<T>(options: ServeOptions, use: (measured: Measured) => Promise<T>): Promise<T> {
  const serve = await ServeProcess.start(options);
  const { dataDir } = serve;
  const measured: Measured = {
    serve,
    client: new LoadClient(serve.kubeconfig),
    restart: async () => {
      await measured.serve.kill();
      measured.client.close();
      const startedAt = performance.now();
      measured.serve = await ServeProcess.start({ dataDir });
      const tookMs = performance.now() - startedAt;
      measured.client = new LoadClient(measured.serve.kubeconfig);
      return tookMs;
    },
  };
  try {
    return await use(measured);
  } finally {
    measured.client.close();
    await measured.serve.stop();
    await measured.serve.removeData();
  }
}
