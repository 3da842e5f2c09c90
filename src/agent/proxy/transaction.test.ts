import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EndpointSlice, Service } from '../../shared/api/kinds.ts';
import { LOOKUP_NAMES } from './base-table.ts';
import { aService, anEndpoint, aSlice, NODE } from './fixtures.ts';
import { EMPTY, render, type RuleSet } from './render.ts';
import { replacement, transaction } from './transaction.ts';

/** A table that obeys the commands of a transaction, and refuses them where the kernel would. */
class Table {
  readonly chains = new Map<string, string[]>();
  readonly sets = new Set<string>();
  readonly lookups = new Map<string, Map<string, string>>(LOOKUP_NAMES.map((name) => [name, new Map()]));

  apply(commands: string): void {
    for (const line of commands.split('\n').filter(Boolean)) this.#command(line);
    for (const target of this.#targets()) {
      if (!this.chains.has(target) && !['reject-chain', 'mark-for-masquerade'].includes(target))
        throw new Error(`nothing at ${target}`);
    }
  }

  #command(line: string): void {
    const [, verb = '', kind = '', name = '', rest = ''] =
      /^(\w+) (\w+) ip wheelhouse-services (\S+)(?: (.*))?$/.exec(line) ?? [];
    switch (`${verb} ${kind}`) {
      case 'add chain':
        return void this.chains.set(name, []);
      case 'flush chain':
        return void this.#chain(name).splice(0);
      case 'add rule':
        for (const [, set = ''] of rest.matchAll(/@(affinity-\S+)/g))
          if (!this.sets.has(set)) throw new Error(`no set ${set}`);
        return void this.#chain(name).push(rest);
      case 'delete chain':
        this.#chain(name);
        if ([...this.#targets()].includes(name)) throw new Error(`${name} is in use`);
        return void this.chains.delete(name);
      case 'add set':
        return void this.sets.add(name);
      case 'delete set':
        if (!this.sets.delete(name)) throw new Error(`no set ${name}`);
        if ([...this.chains.values()].flat().some((rule) => rule.includes(`@${name} `))) throw new Error('set in use');
        return;
      case 'add element':
      case 'delete element':
        return this.#element(verb, name, rest);
      default:
        throw new Error(`no such command: ${line}`);
    }
  }

  #element(verb: string, name: string, rest: string): void {
    const lookup = this.lookups.get(name);
    if (!lookup) throw new Error(`no lookup ${name}`);
    for (const element of rest.slice(2, -2).split(', ')) {
      const [key = '', value = ''] = element.split(' : ');
      if (verb === 'delete' ? !lookup.delete(key) : lookup.has(key)) throw new Error(`${verb} ${key} in ${name}`);
      if (verb === 'add') lookup.set(key, value);
    }
  }

  #chain(name: string): string[] {
    const chain = this.chains.get(name);
    if (!chain) throw new Error(`no chain ${name}`);
    return chain;
  }

  *#targets(): Iterable<string> {
    const texts = [...this.chains.values(), ...[...this.lookups.values()].map((map) => [...map.values()])].flat();
    for (const text of texts) for (const [, target = ''] of text.matchAll(/(?:goto|jump) ([^\s,]+)/g)) yield target;
  }
}

const endpoint = fc.record({
  last: fc.integer({ min: 2, max: 5 }),
  node: fc.constantFrom('a', 'b'),
  ready: fc.boolean(),
});
const service = fc.record({
  number: fc.integer({ min: 0, max: 4 }),
  nodePort: fc.boolean(),
  sticky: fc.boolean(),
  policy: fc.constantFrom('Cluster' as const, 'Local' as const),
  endpoints: fc.array(endpoint, { maxLength: 12 }),
});
type World = (typeof service extends fc.Arbitrary<infer T> ? T : never)[];

function rulesOf(world: World): RuleSet {
  const slices = new Map<string, EndpointSlice[]>();
  const services = new Map<string, Service>();
  for (const { number, nodePort, sticky, policy, endpoints } of world) {
    const name = `s${String(number)}`;
    const port = { name: 'http', port: 80, protocol: 'TCP', ...(nodePort ? { nodePort: 30000 + number } : {}) };
    services.set(
      name,
      aService(
        {
          type: nodePort ? 'NodePort' : 'ClusterIP',
          clusterIP: `10.96.0.${String(number + 1)}`,
          sessionAffinity: sticky ? 'ClientIP' : 'None',
          internalTrafficPolicy: policy,
          externalTrafficPolicy: policy,
          ports: [port],
        },
        name,
      ),
    );
    const list = endpoints.map(({ last, node, ready }, index) =>
      anEndpoint(`10.244.${String(index)}.${String(last)}`, node, {
        conditions: { ready, serving: ready, terminating: false },
      }),
    );
    slices.set(`default/${name}`, [aSlice(list, {}, name)]);
  }
  return render(services.values(), (key) => slices.get(key) ?? [], NODE);
}

test('whatever was applied before, the transaction makes the table as it should be', () => {
  fc.assert(
    fc.property(fc.array(fc.array(service, { maxLength: 5 }), { minLength: 1, maxLength: 5 }), (worlds) => {
      const table = new Table();
      let applied = EMPTY;
      for (const world of worlds) {
        const desired = rulesOf(world);
        table.apply(transaction(desired, applied));
        applied = desired;
        expect(new Map([...table.chains].sort())).toEqual(new Map([...desired.chains].sort()));
        expect(table.sets).toEqual(new Set(desired.affinity));
        for (const name of LOOKUP_NAMES) expect(table.lookups.get(name)).toEqual(new Map(desired.elements[name]));
      }
    }),
    { numRuns: 150 },
  );
});

test('nothing changed is nothing to do, and one endpoint more touches one chain', () => {
  const slices = (endpoints: string[]) => [aSlice(endpoints.map((ip) => anEndpoint(ip, 'b')))];
  const before = render([aService()], () => slices(['10.244.2.1']), NODE);
  expect(
    transaction(
      render([aService()], () => slices(['10.244.2.1']), NODE),
      before,
    ),
  ).toBe('');
  const after = transaction(
    render([aService()], () => slices(['10.244.2.1', '10.244.2.2']), NODE),
    before,
  );
  expect(after.replaceAll(/service-\w+-/g, 'service-X-')).toMatchInlineSnapshot(`
    "flush chain ip wheelhouse-services service-X-default/web/tcp/http
    add rule ip wheelhouse-services service-X-default/web/tcp/http iifname != "vh*" jump mark-for-masquerade
    add rule ip wheelhouse-services service-X-default/web/tcp/http numgen random mod 2 0 meta l4proto tcp dnat ip to 10.244.2.1:8080
    add rule ip wheelhouse-services service-X-default/web/tcp/http meta l4proto tcp dnat ip to 10.244.2.2:8080
    "
  `);
});

test('a replacement takes away what there was in the same transaction', () => {
  expect(replacement(EMPTY)).toMatch(
    /^add table ip wheelhouse-services\ndelete table ip wheelhouse-services\ntable ip wheelhouse-services \{/,
  );
});
