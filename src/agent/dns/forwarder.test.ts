import { decode, encode } from 'dns-packet';
import { expect, test } from 'vitest';
import { AnswerCache } from './answer-cache.ts';
import { Forwarder } from './forwarder.ts';
import { parseQuery, type Query } from './message.ts';
import type { Exchange } from './upstream-exchange.ts';

function query(name: string, id = 1): Query {
  const parsed = parseQuery(encode({ id, type: 'query', flags: 0x100, questions: [{ name, type: 'A' }] }));
  if (parsed.kind !== 'query') throw new Error('no query');
  return parsed.query;
}
function reply(asked: Query, more: { ttl?: number; flags?: number; denied?: boolean } = {}): Buffer {
  const { ttl = 60, flags = 0, denied = false } = more;
  return encode({
    id: 9999,
    type: 'response',
    flags,
    questions: [{ name: asked.name, type: 'A' }],
    answers: denied ? [] : [{ name: asked.name, type: 'A', ttl, data: '192.0.2.1' }],
    authorities: denied ? [{ name: 'org', type: 'SOA', ttl: 900, data: { mname: 'a', rname: 'b', minimum: 7 } }] : [],
  });
}

interface Bench {
  forwarder: Forwarder;
  asked: string[];
  advance(seconds: number): void;
}
function bench(answer: Exchange, servers: string[] = ['ns1']): Bench {
  let now = 0;
  const asked: string[] = [];
  const forwarder = new Forwarder({
    upstreams: () => Promise.resolve(servers),
    exchange: (server, about, transport) => {
      asked.push(`${server} ${about.name} ${transport}`);
      return answer(server, about, transport);
    },
    elapsed: () => now,
  });
  return { forwarder, asked, advance: (seconds) => void (now += seconds * 1000) };
}
const shown = async (forwarder: Forwarder, asked: Query, transport: 'udp' | 'tcp' = 'udp') => {
  const forwarded = await forwarder.forward(asked, transport);
  return forwarded.kind === 'answered' ? decode(forwarded.message) : forwarded.why;
};

test('an answer is kept, for each asker with its own id, spelling and what is left of its time', async () => {
  const { forwarder, asked, advance } = bench((_, about) => Promise.resolve(reply(about)));
  expect(await shown(forwarder, query('example.org', 1))).toMatchObject({ id: 1, answers: [{ ttl: 60 }] });
  advance(10);
  expect(await shown(forwarder, query('EXAMPLE.org', 2))).toMatchObject({
    id: 2,
    questions: [{ name: 'EXAMPLE.org' }],
    answers: [{ ttl: 50, data: '192.0.2.1' }],
  });
  expect(asked).toHaveLength(1);
  advance(21);
  await shown(forwarder, query('example.org'));
  expect(asked).toHaveLength(2);
});

test('a denial is kept for its SOA’s minimum, a failure not at all', async () => {
  const denials = bench((_, about) => Promise.resolve(reply(about, { denied: true, flags: 3 })));
  await shown(denials.forwarder, query('nosuch.org'));
  denials.advance(6);
  expect(await shown(denials.forwarder, query('nosuch.org'))).toMatchObject({ rcode: 'NXDOMAIN' });
  expect(denials.asked).toHaveLength(1);
  denials.advance(2);
  await shown(denials.forwarder, query('nosuch.org'));
  expect(denials.asked).toHaveLength(2);
  const failures = bench((_, about) => Promise.resolve(reply(about, { denied: true, flags: 2 })));
  await shown(failures.forwarder, query('a.org'));
  await shown(failures.forwarder, query('a.org'));
  expect(failures.asked).toHaveLength(2);
});

test('a question that is under way is not asked again: a loop ends where it began', async () => {
  let answerIt: (message: Buffer) => void = () => undefined;
  const { forwarder, asked } = bench(() => new Promise((resolve) => (answerIt = resolve)));
  const both = [shown(forwarder, query('example.org', 1)), shown(forwarder, query('example.org', 2))];
  await expect.poll(() => asked).toHaveLength(1);
  answerIt(reply(query('example.org')));
  expect(await Promise.all(both)).toMatchObject([{ id: 1 }, { id: 2 }]);
});

test('a silent resolver is asked last, until it has rested', async () => {
  const { forwarder, asked, advance } = bench(
    (server, about) =>
      server === 'bad' ? Promise.reject(new Error('no answer')) : Promise.resolve(reply(about, { ttl: 0 })),
    ['bad', 'good'],
  );
  for (let turn = 0; turn < 2; turn += 1) await shown(forwarder, query('example.org'));
  expect(asked).toEqual(['bad example.org udp', 'good example.org udp', 'good example.org udp']);
  advance(11);
  await shown(forwarder, query('example.org'));
  expect(asked[3]).toBe('bad example.org udp');
});

test('a cut answer is passed on over UDP and made whole over TCP', async () => {
  const { forwarder, asked } = bench((_, about, transport) =>
    Promise.resolve(reply(about, { flags: transport === 'udp' ? 0x200 : 0 })),
  );
  expect(await shown(forwarder, query('example.org'))).toMatchObject({ flag_tc: true });
  expect(await shown(forwarder, query('example.org'), 'tcp')).toMatchObject({ flag_tc: false });
  expect(asked.map((line) => line.split(' ')[2])).toEqual(['udp', 'udp', 'tcp']);
});

test('with no resolver at all says so', async () => {
  const { forwarder } = bench((_, about) => Promise.resolve(reply(about)), []);
  expect(await shown(forwarder, query('example.org'))).toBe('the machine has no resolver');
});

test('never more than so many are kept, and the one not asked for longest goes', () => {
  const cache = new AnswerCache(() => 0, 2);
  for (const key of ['a', 'b']) cache.keep(key, Buffer.alloc(1), 9);
  cache.get('a');
  cache.keep('c', Buffer.alloc(1), 9);
  expect(['a', 'b', 'c'].filter((key) => cache.get(key))).toEqual(['a', 'c']);
  cache.keep('d', Buffer.alloc(1), 0);
  expect(cache.size).toBe(2);
});
