import type { OverviewMessage } from '../../../shared/live/contract.ts';
import type { NodeRow, Row, RowResource, StateKind } from '../../../shared/view/rows.ts';
import type { ChannelOutput } from '../channel.ts';
import type { ClusterRows } from '../rows/cluster-rows.ts';
import type { Entry, EntryChange } from '../rows/entry.ts';
import { compareKeys, severityOf } from '../rows/sort-key.ts';
import { onlyNews } from './only-news.ts';

const SHOWN = 50;
/** A problem of the first explains those of the later ones. */
const ORDER = ['machines', 'nodes', 'deployments', 'pods'] as const satisfies readonly RowResource[];

/** Whether somebody should look at it. Waiting is a problem where it is not what somebody asked for (paused, cordoned). */
function isProblem({ resource, state, deleting }: Row): boolean {
  if (deleting && state.kind !== 'failing') return false;
  if (state.kind === 'waiting') return resource === 'pods' || resource === 'machines';
  return state.kind === 'failing' || state.kind === 'unknown' || state.kind === 'warning';
}

/** Counts and problems of the kinds the overview is about, kept up change by change. */
class Tally {
  readonly problems = new Map<string, Row>();
  readonly podStates = new Map<StateKind, number>();
  nodesReady = 0;
  simulated = 0;
  deploymentsHealthy = 0;

  apply(changes: Iterable<EntryChange>): void {
    for (const { before, after } of changes) {
      if (before) this.#note(before, -1);
      if (after) this.#note(after, 1);
    }
  }

  /** Worst first; of equal ones the cause before its effects, and the newest before the oldest. */
  worst(): Row[] {
    const rank = (row: Row): number => ORDER.findIndex((resource) => resource === row.resource);
    const all = [...this.problems.values()].sort(
      (a, b) =>
        severityOf(a) - severityOf(b) ||
        rank(a) - rank(b) ||
        compareKeys(b.createdAt, a.createdAt) ||
        compareKeys(a.name, b.name),
    );
    return all.slice(0, SHOWN);
  }

  #note({ key, row }: Entry, by: 1 | -1): void {
    const id = `${row.resource}/${key}`;
    if (by < 0) this.problems.delete(id);
    else if (isProblem(row)) this.problems.set(id, row);
    if (row.resource === 'pods') {
      const count = (this.podStates.get(row.state.kind) ?? 0) + by;
      if (count === 0) this.podStates.delete(row.state.kind);
      else this.podStates.set(row.state.kind, count);
    }
    if (row.resource === 'deployments' && row.state.kind === 'healthy') this.deploymentsHealthy += by;
    if (row.resource !== 'nodes') return;
    if (row.state.word.startsWith('Ready')) this.nodesReady += by;
    if (row.simulated) this.simulated += by;
  }
}

/** Counts, capacity and problems of the whole cluster, kept up to date. */
export function openOverview(rows: ClusterRows, out: ChannelOutput<OverviewMessage>): void {
  const tally = new Tally();
  const news = onlyNews<OverviewMessage>();
  const namespaces = rows.store('namespaces');
  const send = (): void => out.latest(() => news(messageOf(rows, tally)));
  const stops = ORDER.map((resource) => {
    const store = rows.store(resource);
    tally.apply([...store.entries().values()].map((after) => ({ before: undefined, after })));
    return store.listen((changes) => {
      tally.apply(changes);
      send();
    });
  });
  stops.push(namespaces.listen(send));
  out.signal.addEventListener('abort', () => {
    for (const stop of stops) stop();
  });
  send();
}

function messageOf(rows: ClusterRows, tally: Tally): OverviewMessage {
  const stores = [...ORDER, 'namespaces' as const].map((resource) => rows.store(resource));
  // All up to date before any is counted: bringing one up to date may change the tally.
  for (const store of stores) store.entries();
  const size = (resource: RowResource): number => rows.store(resource).entries().size;
  const nodes = [...rows.store('nodes').entries().values()].map(({ row }) => row as NodeRow);
  const sum = (field: 'cpuAllocatable' | 'memoryAllocatable'): number =>
    nodes.reduce((total, node) => total + node[field], 0);
  const used = rows.usedByCluster();
  const { cpu, memory } = rows.load.total;
  return {
    nodes: { total: nodes.length, ready: tally.nodesReady, simulated: tally.simulated },
    pods: { total: size('pods'), byState: Object.fromEntries([...tally.podStates].sort()) },
    deployments: { total: size('deployments'), healthy: tally.deploymentsHealthy },
    cpu: { allocatable: sum('cpuAllocatable'), requested: cpu, ...(used ? { used: used.cpu } : {}) },
    memory: { allocatable: sum('memoryAllocatable'), requested: memory, ...(used ? { used: used.memory } : {}) },
    problems: tally.worst().map((row) => rows.store(row.resource).decorate(row)),
    problemCount: tally.problems.size,
    namespaces: [...rows.store('namespaces').entries().values()].map(({ row }) => row.name).sort(),
    state: stores.some(({ state }) => state === 'stale')
      ? 'stale'
      : stores.some(({ state }) => state === 'loading')
        ? 'loading'
        : 'live',
    asOf: stores.map(({ asOf }) => asOf).sort()[0] ?? '',
  };
}
