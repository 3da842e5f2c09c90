import { Counter, type Registry } from 'prom-client';

/** What the DNS server counts, under CoreDNS's names. */
export interface DnsMetrics {
  request(transport: 'udp' | 'tcp', type: string): void;
  response(rcode: number): void;
  forwarded(outcome: 'hit' | 'miss' | 'failed'): void;
}

/** Types that are counted by name (CoreDNS's plugin/metrics/vars); whatever else is asked for is `other`. */
const KNOWN_TYPES = new Set(
  'A AAAA ANY AXFR CNAME DNSKEY DS HTTPS IXFR MX NAPTR NS NSEC NSEC3 PTR RRSIG SOA SRV SVCB TXT'.split(' '),
);
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

export function dnsMetrics(registry: Registry): DnsMetrics {
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const requests = counter(
    'coredns_dns_requests_total',
    'Counter of DNS requests made per zone, protocol and family.',
    ['proto', 'type'],
  );
  const responses = counter('coredns_dns_responses_total', 'Counter of response status codes.', ['rcode']);
  const hits = counter('coredns_cache_hits_total', 'The count of cache hits.', []);
  const misses = counter('coredns_cache_misses_total', 'The count of cache misses.', []);
  const failures = counter('coredns_forward_failures_total', 'Questions that no resolver of the machine answered.', []);
  const byOutcome = { hit: hits, miss: misses, failed: failures };
  return {
    request: (proto, type) => requests.inc({ proto, type: KNOWN_TYPES.has(type) ? type : 'other' }),
    response: (rcode) => responses.inc({ rcode: RCODES[rcode] ?? String(rcode) }),
    forwarded: (outcome) => byOutcome[outcome].inc(),
  };
}
