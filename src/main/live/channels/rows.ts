import type { RowsMessage, RowsParams } from '../../../shared/live/contract.ts';
import type { ChannelInputHandler, ChannelOutput } from '../channel.ts';
import type { ClusterRows } from '../rows/cluster-rows.ts';
import { QueryView } from '../rows/query-view.ts';
import type { RowStore } from '../rows/row-store.ts';
import { onlyNews } from './only-news.ts';

/** A window of rows. New parameters move it; another kind needs another channel, and gets one under the same id. */
export function openRows(
  rows: ClusterRows,
  first: RowsParams,
  out: ChannelOutput<RowsMessage>,
): ChannelInputHandler<'rows'> {
  let params = first;
  let store = rows.store(params.resource);
  let view = makeView(store, params);
  const news = onlyNews<RowsMessage>();
  const send = (): void => out.latest(() => news(messageOf(store, view, params)));
  const listen = (): (() => void) =>
    store.listen((changes) => {
      view.apply(changes);
      view.resort();
      send();
    });
  let unlisten = listen();
  out.signal.addEventListener('abort', () => unlisten());
  send();
  return (next) => {
    const sameQuery = queryOf(next) === queryOf(params);
    params = next;
    if (!sameQuery) {
      unlisten();
      store = rows.store(params.resource);
      view = makeView(store, params);
      unlisten = listen();
    }
    send();
  };
}

/** Everything but the window: what a view is made for. */
const queryOf = ({ offset: _offset, limit: _limit, ...query }: RowsParams): string => JSON.stringify(query);

function makeView(store: RowStore, params: RowsParams): QueryView {
  const sortsByVolatile = store.kind.volatile.includes(params.sort.field);
  return new QueryView(params, store.entries().values(), store.decorate, sortsByVolatile);
}

function messageOf(store: RowStore, view: QueryView, { offset, limit }: RowsParams): RowsMessage {
  // A window beyond the end (rows have gone) shows the last page rather than nothing.
  const from = offset < view.total ? offset : Math.max(0, view.total - limit);
  return {
    total: view.total,
    unfiltered: view.unfiltered,
    offset: from,
    rows: view.window(from, limit).map(store.decorate),
    state: store.state,
    asOf: store.asOf,
    facets: view.facets(),
  };
}
