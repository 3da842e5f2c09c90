import type { ChannelParams, RowsMessage } from '../../../shared/live/contract.ts';
import type { EventRow, Row } from '../../../shared/view/rows.ts';
import type { ChannelOutput } from '../channel.ts';
import type { ClusterRows } from '../rows/cluster-rows.ts';
import type { Entry } from '../rows/entry.ts';
import { onlyNews } from './only-news.ts';

/** An object has few events; a page shows the newest. */
const LIMIT = 200;

/** Events about one object, newest first. */
export function openEvents(
  rows: ClusterRows,
  { uid, namespace }: ChannelParams<'events'>,
  out: ChannelOutput<RowsMessage>,
): void {
  const store = rows.store('events');
  const isAbout = (entry: Entry | undefined): entry is Entry & { row: EventRow } =>
    entry?.row.resource === 'events' &&
    entry.row.aboutUid === uid &&
    // Events about cluster-scoped objects are in `default`, whatever page asks.
    (namespace === '' || entry.row.namespace === namespace);
  const about = new Map<string, EventRow>();
  for (const entry of store.entries().values()) if (isAbout(entry)) about.set(entry.key, entry.row);
  const news = onlyNews<RowsMessage>();
  const send = (): void =>
    out.latest(() => {
      const newest = [...about.values()].sort((a, b) =>
        a.lastSeen < b.lastSeen ? 1 : a.lastSeen > b.lastSeen ? -1 : 0,
      );
      const shown: Row[] = newest.slice(0, LIMIT);
      const { state, asOf } = store;
      return news({ total: about.size, unfiltered: about.size, offset: 0, rows: shown, state, asOf, facets: {} });
    });
  const unlisten = store.listen((changes) => {
    for (const { before, after } of changes) {
      if (isAbout(before)) about.delete(before.key);
      if (isAbout(after)) about.set(after.key, after.row);
    }
    send();
  });
  out.signal.addEventListener('abort', unlisten);
  send();
}
