import { SharedInformers } from '../../shared/client/shared-informers.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { InfoMessage } from '../../shared/live/contract.ts';
import { messageOf } from '../../shared/api/errors.ts';
import type { Clock, Logger } from '../../shared/logger.ts';
import type { ChannelOpeners } from './channel.ts';
import { openApi } from './channels/api.ts';
import { openApply } from './channels/apply.ts';
import { openEvents } from './channels/events.ts';
import { openExec, type ExecTarget } from './channels/exec.ts';
import { openLogs } from './channels/logs.ts';
import { openMetrics } from './channels/metrics.ts';
import { openObject } from './channels/object.ts';
import { openOverview } from './channels/overview.ts';
import { openRows } from './channels/rows.ts';
import type { LiveConnection } from './connection.ts';
import { ClusterRows, type UsageSource } from './rows/cluster-rows.ts';
import { Session } from './session.ts';

export interface LiveServerDeps {
  /** The API as the user of the screen. */
  client: ApiClient;
  metrics: UsageSource;
  /** Where exec goes: the API server's real listener, because a terminal is a WebSocket. */
  exec: ExecTarget;
  info(): Promise<InfoMessage>;
  /** Sets how many simulated nodes there are besides (0 removes all); resolves to how many there are. */
  simulate(count: number): Promise<number>;
  clock: Clock;
  log: Logger;
}

export interface LiveServer {
  /** Serves a screen until its connection closes. */
  accept(connection: LiveConnection): void;
  close(): void;
}

/**
 * Serves any number of screens from one copy of the cluster: one informer a kind for the whole process, begun when the
 * first screen asks for that kind.
 */
export function createLiveServer(deps: LiveServerDeps): LiveServer {
  const { client, clock, log, metrics } = deps;
  const informers = new SharedInformers(client, (error, type) =>
    log.warn({ kind: type.plural, error: messageOf(error) }, 'watch for the screen failed, trying again'),
  );
  const rows = new ClusterRows({ informers, metrics, clock });
  const channels: ChannelOpeners = {
    rows: (params, out) => openRows(rows, params, out),
    object: (params, out) => {
      openObject(rows, params, out);
    },
    events: (params, out) => {
      openEvents(rows, params, out);
    },
    api: (params, out) => openApi(client, params, out),
    apply: (params, out) => openApply(client, params, out),
    logs: (params, out) => openLogs(client, params, out),
    exec: (params, out) => openExec(deps.exec, params, out),
    metrics: (params, out) => {
      openMetrics(rows, metrics, params, out);
    },
    overview: (_params, out) => {
      openOverview(rows, out);
    },
    info: async (_params, out) => {
      await out.send(await deps.info());
      out.end();
    },
    simulate: async ({ count }, out) => {
      await out.send({ nodes: await deps.simulate(count) });
      out.end();
    },
  };
  const sessions = new Set<Session>();
  return {
    accept(connection) {
      const session: Session = new Session(connection, channels, log, () => sessions.delete(session));
      sessions.add(session);
    },
    close() {
      for (const session of [...sessions]) session.close();
      rows.close();
      informers.stop();
    },
  };
}
