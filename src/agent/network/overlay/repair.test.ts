import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObservedOverlay } from './observed.ts';
import type { Peer } from './peers.ts';
import { planOverlay, VXLAN_DEVICE } from './plan.ts';
import { repairOverlay, type Repair } from './repair.ts';

const NOTHING: ObservedOverlay = { neighbours: new Map(), forwarding: new Map(), routes: new Map() };
const eth0 = (address: string) => ({ device: 'eth0', address, prefix: 24, mtu: 1500 });
const peerOf = (index: number): Peer => ({
  name: `n${index}`,
  podCidr: `10.244.${index}.0/24`,
  address: index % 2 === 0 ? `192.0.2.${index}` : `203.0.113.${index}`,
});
const planFor = (peers: Peer[], backend: 'vxlan' | 'host-gw', own = '192.0.2.250') =>
  planOverlay({ backend, podCidr: '10.244.0.0/24', underlay: eth0(own), addresses: [eth0(own)], peers });

/** What the kernel makes of the commands: enough of it to see whether they lead where they should. */
function applied(state: ObservedOverlay, { ip, bridge }: Repair): ObservedOverlay {
  let vxlan = state.vxlan;
  let neighbours = new Map(state.neighbours);
  let forwarding = new Map(state.forwarding);
  let routes = new Map(state.routes);
  for (const line of [...ip, ...bridge]) {
    const words = line.split(' ');
    const after = (word: string): string | undefined => {
      const at = words.indexOf(word);
      return at < 0 ? undefined : words[at + 1];
    };
    const [object, verb, subject = ''] = words;
    if (object === 'link' && verb === 'delete') {
      vxlan = undefined;
      neighbours = new Map();
      forwarding = new Map();
      routes = new Map([...routes].filter(([, { device }]) => device !== VXLAN_DEVICE));
    } else if (object === 'link' && verb === 'add') {
      if (vxlan) throw new Error('File exists');
      vxlan = {
        local: after('local') ?? '',
        device: words[words.lastIndexOf('dev') + 1] ?? '',
        mac: after('address') ?? '',
        mtu: 1500,
        port: Number(after('dstport')),
        up: false,
      };
    } else if (!vxlan && line.includes(`dev ${VXLAN_DEVICE}`)) throw new Error(`no device: ${line}`);
    else if (object === 'link' && vxlan) vxlan = { ...vxlan, mtu: Number(after('mtu')), up: true };
    else if (object === 'neigh' && verb === 'delete') neighbours.delete(subject);
    else if (object === 'neigh') neighbours.set(subject, after('lladdr') ?? '');
    else if (object === 'fdb' && verb === 'delete') forwarding.delete(subject);
    else if (object === 'fdb') forwarding.set(subject, after('dst') ?? '');
    else if (object === 'route' && verb === 'delete') routes.delete(subject);
    else if (object === 'route') {
      const via = after('via');
      const mtu = after('mtu');
      routes.set(subject, {
        ...(via ? { via } : {}),
        device: after('dev') ?? 'eth0',
        ...(mtu ? { mtu: Number(mtu) } : {}),
      });
    }
  }
  return { ...(vxlan ? { vxlan } : {}), neighbours, forwarding, routes };
}

const peersArbitrary = fc
  .uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 8 })
  .map((indexes) => indexes.map(peerOf));
const backendArbitrary = fc.constantFrom('vxlan' as const, 'host-gw' as const);
const damage = fc.constantFrom('nothing', 'link', 'down', 'neighbours', 'forwarding', 'routes', 'mtu');

function damaged(state: ObservedOverlay, what: string): ObservedOverlay {
  const { vxlan } = state;
  if (what === 'link') return applied(state, { ip: vxlan ? [`link delete ${VXLAN_DEVICE}`] : [], bridge: [] });
  if (what === 'down' && vxlan) return { ...state, vxlan: { ...vxlan, up: false } };
  if (what === 'mtu' && vxlan) return { ...state, vxlan: { ...vxlan, mtu: 1500 } };
  if (what === 'neighbours') return { ...state, neighbours: new Map() };
  if (what === 'forwarding') return { ...state, forwarding: new Map([...state.forwarding].slice(1)) };
  if (what === 'routes') return { ...state, routes: new Map() };
  return state;
}

test('from whatever was there, whatever is wanted comes about, and then there is nothing to do', () => {
  fc.assert(
    fc.property(
      peersArbitrary,
      backendArbitrary,
      damage,
      peersArbitrary,
      backendArbitrary,
      fc.constantFrom('192.0.2.250', '192.0.2.251'),
      (before, backendBefore, what, after, backendAfter, address) => {
        const first = applied(NOTHING, repairOverlay(planFor(before, backendBefore), NOTHING));
        const plan = planFor(after, backendAfter, address);
        const found = damaged(first, what);
        const mended = applied(found, repairOverlay(plan, found));
        expect(repairOverlay(plan, mended)).toEqual({ ip: [], bridge: [] });
        expect([...mended.routes.keys()].sort()).toEqual(plan.routes.map(({ podCidr }) => podCidr).sort());
        expect(mended.vxlan !== undefined).toBe(plan.vxlan !== undefined);
      },
    ),
    { seed: 42, numRuns: 500 },
  );
});

test('one new machine costs one neighbour, one forwarding entry and one route', () => {
  const old = planFor([peerOf(1), peerOf(2)], 'vxlan');
  const state = applied(NOTHING, repairOverlay(old, NOTHING));
  expect(repairOverlay(planFor([peerOf(1), peerOf(2), peerOf(3)], 'vxlan'), state)).toEqual({
    ip: [
      'neigh replace 10.244.3.0 lladdr 0e:77:0a:f4:03:00 dev wh-vxlan nud permanent',
      'route replace 10.244.3.0/24 via 10.244.3.0 dev wh-vxlan onlink proto 87',
    ],
    bridge: ['fdb replace 0e:77:0a:f4:03:00 dev wh-vxlan dst 203.0.113.3 self permanent'],
  });
});
