import type { ChannelParams, ObjectMessage } from '../../../shared/live/contract.ts';
import type { ChannelOutput } from '../channel.ts';
import type { ClusterRows } from '../rows/cluster-rows.ts';
import { onlyNews } from './only-news.ts';

/** One whole object and its row, followed live; null while it does not exist. */
export function openObject(
  rows: ClusterRows,
  { resource, namespace, name }: ChannelParams<'object'>,
  out: ChannelOutput<ObjectMessage>,
): void {
  const store = rows.store(resource);
  const key = store.kind.type.namespaced ? `${namespace}/${name}` : name;
  const news = onlyNews<ObjectMessage>();
  const send = (): void =>
    out.latest(() => {
      const entry = store.entries().get(key);
      return news({
        object: entry ? (rows.object(resource, key) ?? null) : null,
        row: entry ? store.decorate(entry.row) : null,
        state: store.state,
        asOf: store.asOf,
      });
    });
  const unlisten = store.listen((changes) => {
    const touched = changes.length === 0;
    if (touched || changes.some(({ before, after }) => (before ?? after)?.key === key)) send();
  });
  out.signal.addEventListener('abort', unlisten);
  send();
}
