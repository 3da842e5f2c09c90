import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EndpointSlice } from '../../../shared/api/kinds.ts';
import { planSlices, portKey, type EndpointGroup, type SliceEndpoint, type SlicePlan } from './slice-plan.ts';

const template = { metadata: { generateName: 'web-', labels: { a: 'b' } }, addressType: 'IPv4' };
const options = { maxEndpointsPerSlice: 3, placeholder: true };
const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
const endpoint = (ip: string, ready = true): SliceEndpoint => ({ addresses: [ip], conditions: { ready } });
const group = (...ips: string[]): EndpointGroup => ({ ports, endpoints: ips.map((ip) => endpoint(ip)) });
const slice = (name: string, ...ips: string[]): EndpointSlice => ({
  metadata: { name, labels: { a: 'b' } },
  addressType: 'IPv4',
  ports,
  endpoints: ips.map((ip) => endpoint(ip)),
});
const show = (plan: SlicePlan): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(plan).map(([verb, slices]: [string, EndpointSlice[]]) => [
      verb,
      slices.map(
        ({ metadata, endpoints }) => `${metadata?.name ?? ''}:${(endpoints ?? []).flatMap((e) => e.addresses).join()}`,
      ),
    ]),
  );
const planned = (existing: EndpointSlice[], ...groups: EndpointGroup[]) =>
  show(planSlices(template, existing, groups, options));
const nothing = { create: [], update: [], delete: [] };

describe('slices', () => {
  test('what is as it should be is not written', () => {
    expect(planned([slice('s1', '1', '2')], group('2', '1'))).toEqual(nothing);
  });

  test('new endpoints fill a slice with room that takes them all, the fullest one', () => {
    expect(planned([slice('s1', '1'), slice('s2', '2', '3')], group('1', '2', '3', '4'))).toEqual({
      ...nothing,
      update: ['s2:2,3,4'],
    });
  });

  test('a slice that is written anyway is filled first', () => {
    expect(planned([slice('s1', '1', '9'), slice('s2', '2')], group('1', '2', '4'))).toEqual({
      ...nothing,
      update: ['s1:1,4'],
    });
  });

  test('what fits nowhere gets new slices; slices that run empty go', () => {
    expect(planned([slice('s1', '9')], group('1', '2', '3', '4'))).toEqual({
      create: [':1,2,3', ':4'],
      update: [],
      delete: ['s1:9'],
    });
  });

  test('another state of an endpoint is written, in its place', () => {
    const changed = { ports, endpoints: [endpoint('1', false), endpoint('2')] };
    const plan = planSlices(template, [slice('s1', '1', '2')], [changed], options);
    expect(plan.update[0]?.endpoints).toEqual(changed.endpoints);
  });

  test('without endpoints one empty slice stays, and says so', () => {
    expect(planned([])).toEqual({ ...nothing, create: [':'] });
    expect(planned([{ ...slice('s1'), ports: [] }])).toEqual(nothing);
    expect(show(planSlices(template, [slice('s1', '1')], [], { ...options, placeholder: false }))).toEqual({
      ...nothing,
      delete: ['s1:1'],
    });
  });

  test('other labels are written; other ports are another slice', () => {
    const unlabelled = { ...slice('s1', '1'), metadata: { name: 's1' } };
    expect(planned([unlabelled], group('1')).update).toEqual(['s1:1']);
    const other = { ports: [{ name: 'http', port: 81, protocol: 'TCP' }], endpoints: [endpoint('2')] };
    expect(planned([slice('s1', '1')], group('1'), other)).toEqual({ ...nothing, create: [':2'] });
  });

  test('the time of the cause is on what is written', () => {
    const plan = planSlices(template, [], [group('1')], { ...options, triggerTime: 'T' });
    expect(plan.create[0]?.metadata?.annotations).toEqual({ 'endpoints.kubernetes.io/last-change-trigger-time': 'T' });
  });
});

test('after any plan each endpoint is in one slice, of its ports, that is not too full', () => {
  const world = fc.array(fc.record({ ip: fc.nat(12), port: fc.constantFrom(80, 81), ready: fc.boolean() }), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(fc.array(world, { maxLength: 6 }), (worlds) => {
      let stored: EndpointSlice[] = [];
      let names = 0;
      for (const each of worlds) {
        const unique = new Map(each.map((item) => [item.ip, item]));
        const groups = [80, 81].flatMap((port): EndpointGroup[] => {
          const endpoints = [...unique.values()].filter((item) => item.port === port);
          if (endpoints.length === 0) return [];
          return [
            {
              ports: [{ name: 'http', port, protocol: 'TCP' }],
              endpoints: endpoints.map(({ ip, ready }) => endpoint(String(ip), ready)),
            },
          ];
        });
        const plan = planSlices(template, stored, groups, options);
        const gone = new Set([...plan.delete, ...plan.update].map(({ metadata }) => metadata?.name));
        stored = stored.filter(({ metadata }) => !gone.has(metadata?.name));
        stored.push(...plan.update);
        for (const made of plan.create)
          stored.push({ ...made, metadata: { ...made.metadata, name: `s${String((names += 1))}` } });
        const found = stored.flatMap(({ ports: of, endpoints = [] }) =>
          endpoints.map((e) => `${portKey(of ?? [])} ${JSON.stringify(e)}`),
        );
        const wanted = groups.flatMap(({ ports: of, endpoints }) =>
          endpoints.map((e) => `${portKey(of)} ${JSON.stringify(e)}`),
        );
        expect(found.sort()).toEqual(wanted.sort());
        expect(Math.max(0, ...stored.map(({ endpoints = [] }) => endpoints.length))).toBeLessThanOrEqual(3);
        expect(show(planSlices(template, stored, groups, options))).toEqual(nothing);
      }
    }),
  );
});
