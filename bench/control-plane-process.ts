// The product's own process, built, with a data directory that goes away.
import { ServeProcess, type ServeOptions } from '../e2e/harness/serve-process.ts';
import { until } from '../e2e/testbed/wait.ts';
import { LoadClient } from './load-client.ts';

export interface Measured {
  serve: ServeProcess;
  client: LoadClient;
  /**
   * Ends it as `kill -9` does and starts it again on the same data and port. Resolves with the milliseconds from the
   * start of the process to the API server's first answer and to the `ready` line, when all controllers are at work.
   */
  restart(): Promise<{ answerMs: number; readyMs: number }>;
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
      measured.client = new LoadClient(measured.serve.kubeconfig);
      const { apiPort } = measured.serve;
      const startedAt = performance.now();
      const starting = ServeProcess.start({ dataDir, apiPort });
      const answering = until('the API to answer', () => measured.client.send('GET', '/api/v1/namespaces/default'), {
        everyMs: 2,
      }).then(() => performance.now() - startedAt);
      measured.serve = await starting;
      const readyMs = performance.now() - startedAt;
      return { answerMs: await answering, readyMs };
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
