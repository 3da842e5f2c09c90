import { describe, expect, test } from 'vitest';
import type { PodMeta, PodSpec } from './check.ts';
import { detailsOf, evaluate, reasonsOf } from './evaluate.ts';
import type { Level, PolicyVersion } from './policy.ts';

/** A pod that restricted lets in, as upstream's fixtures start from. */
const GOOD: PodSpec = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  initContainers: [container('init')],
  containers: [container('main')],
};

function container(name: string): PodSpec['containers'][number] {
  return { name, image: 'x', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } };
}

type Change = (spec: PodSpec, metadata: PodMeta) => void;

/** What is wrong with a good pod after a change. */
function faults(level: Level, change: Change, version: PolicyVersion = 'latest'): string {
  const spec = structuredClone(GOOD);
  const metadata: PodMeta = {};
  change(spec, metadata);
  return detailsOf(evaluate(level, version, metadata, spec));
}

const main = (spec: PodSpec): NonNullable<PodSpec['containers'][number]['securityContext']> =>
  ((spec.containers[0] ??= container('main')).securityContext ??= {});
const pod = (spec: PodSpec): NonNullable<PodSpec['securityContext']> => (spec.securityContext ??= {});

describe('baseline', () => {
  const cases: [string, Change, string][] = [
    [
      'host namespaces',
      (spec) => void Object.assign(spec, { hostPID: true, hostNetwork: true }),
      'host namespaces (hostNetwork=true, hostPID=true)',
    ],
    [
      'privileged',
      (spec) => void (main(spec).privileged = true),
      'privileged (container "main" must not set securityContext.privileged=true)',
    ],
    [
      'capabilities beyond the default set',
      (spec) => void (main(spec).capabilities = { add: ['NET_RAW', 'CHOWN', 'SYS_ADMIN'] }),
      'non-default capabilities (container "main" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'hostPath',
      (spec) =>
        void (spec.volumes = [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', hostPath: { path: '/' } },
        ]),
      'hostPath volumes (volumes "a", "b")',
    ],
    [
      'host ports',
      (spec) => {
        for (const list of [spec.containers, spec.initContainers ?? []])
          for (const each of list)
            each.ports = [
              { containerPort: 80, hostPort: 80 },
              { containerPort: 8080, hostPort: 8080 },
            ];
      },
      'hostPort (containers "init", "main" use hostPorts 80, 8080)',
    ],
    [
      'probes of other hosts',
      (spec) => {
        const [first] = spec.containers;
        if (first)
          Object.assign(first, {
            livenessProbe: { httpGet: { port: 80, host: '10.0.0.1' } },
            lifecycle: { preStop: { tcpSocket: { port: 1, host: 'b' } } },
          });
      },
      'probe or lifecycle host (container "main" uses probe or lifecycle hosts "10.0.0.1", "b")',
    ],
    [
      'AppArmor of the pod',
      (spec) => void (pod(spec).appArmorProfile = { type: 'Unconfined' }),
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'AppArmor by annotation',
      (_spec, metadata) =>
        void (metadata.annotations = { 'container.apparmor.security.beta.kubernetes.io/main': 'unconfined' }),
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/main=\\"unconfined\\"")',
    ],
    [
      'SELinux',
      (spec) => {
        pod(spec).seLinuxOptions = { type: 'spc_t', user: 'u' };
        main(spec).seLinuxOptions = { role: 'r' };
      },
      'seLinuxOptions (pod and container "main" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set; role may not be set)',
    ],
    [
      '/proc',
      (spec) => void (main(spec).procMount = 'Unmasked'),
      'procMount (container "main" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      'seccomp',
      (spec) => {
        pod(spec).seccompProfile = { type: 'Unconfined' };
        main(spec).seccompProfile = { type: 'Unconfined' };
      },
      'seccompProfile (pod and container "main" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'sysctls',
      (spec) =>
        void (pod(spec).sysctls = [
          { name: 'kernel.msgmax', value: '1' },
          { name: 'net.ipv4.tcp_rmem', value: '1' },
        ]),
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'Windows host processes',
      (spec) => void (pod(spec).windowsOptions = { hostProcess: true }),
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ];
  test.each(cases)('forbids %s', (_name, change, expected) => {
    expect(faults('baseline', change)).toBe(expected);
    expect(faults('privileged', change)).toBe('');
  });

  test.each<[string, Change]>([
    ['nothing special', () => undefined],
    ['default capabilities', (spec) => void (main(spec).capabilities = { add: ['CHOWN'] })],
    ['root', (spec) => void (pod(spec).runAsUser = 0)],
    ['safe sysctls', (spec) => void (pod(spec).sysctls = [{ name: 'net.ipv4.tcp_keepalive_time', value: '1' }])],
    ['a container engine', (spec) => void (pod(spec).seLinuxOptions = { type: 'container_engine_t', level: 's0' })],
    ['a localhost profile', (spec) => void (pod(spec).appArmorProfile = { type: 'Localhost', localhostProfile: 'p' })],
    ['any volume but of the host', (spec) => void (spec.volumes = [{ name: 'v', nfs: { server: 's', path: '/' } }])],
  ])('allows %s', (_name, change) => {
    expect(faults('baseline', change)).toBe('');
  });
});

describe('restricted', () => {
  const cases: [string, Change, string][] = [
    [
      'a bare pod, in the words everybody knows',
      (spec) => {
        delete spec.securityContext;
        delete spec.initContainers;
        spec.containers = [{ name: 'c', image: 'x' }];
      },
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    [
      'capabilities besides NET_BIND_SERVICE',
      (spec) => void (main(spec).capabilities = { add: ['NET_BIND_SERVICE', 'CHOWN'] }),
      'unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]; container "main" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    [
      'volumes of other types',
      (spec) =>
        void (spec.volumes = [
          { name: 'a', hostPath: { path: '/' } },
          { name: 'b', nfs: { server: 's', path: '/' } },
          { name: 'c', emptyDir: {} },
        ]),
      'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
    ],
    ['root', (spec) => void (main(spec).runAsUser = 0), 'runAsUser=0 (container "main" must not set runAsUser=0)'],
    [
      'taking runAsNonRoot back',
      (spec) => void (main(spec).runAsNonRoot = false),
      'runAsNonRoot != true (container "main" must not set securityContext.runAsNonRoot=false)',
    ],
    ['what baseline forbids', (spec) => void (spec.hostIPC = true), 'host namespaces (hostIPC=true)'],
    [
      'ephemeral containers like others',
      (spec) =>
        void (spec.ephemeralContainers = [
          { ...container('debug'), securityContext: { capabilities: { drop: ['ALL'] } } },
        ]),
      'allowPrivilegeEscalation != false (container "debug" must set securityContext.allowPrivilegeEscalation=false)',
    ],
  ];
  test.each(cases)('forbids %s', (_name, change, expected) => {
    expect(faults('restricted', change)).toBe(expected);
  });

  test('allows a good pod, and what every container says for itself', () => {
    expect(faults('restricted', () => undefined)).toBe('');
    const each: Change = (spec) => {
      spec.securityContext = {};
      for (const one of [...spec.containers, ...(spec.initContainers ?? [])])
        Object.assign(one.securityContext ?? {}, { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } });
    };
    expect(faults('restricted', each)).toBe('');
  });

  test('asks of Windows only what it has', () => {
    const windows: Change = (spec) => {
      spec.os = { name: 'windows' };
      spec.securityContext = { runAsNonRoot: true };
      spec.containers = [{ name: 'c', image: 'x' }];
      spec.initContainers = [];
    };
    expect(faults('restricted', windows)).toBe('');
    expect(faults('restricted', windows, 24)).toContain('allowPrivilegeEscalation != false');
  });
});

describe('versions', () => {
  test('rules hold from the version they came with', () => {
    const sysctl: Change = (spec) => void (pod(spec).sysctls = [{ name: 'net.ipv4.tcp_wmem', value: '1' }]);
    expect([31, 32, 99].map((version) => faults('baseline', sysctl, version) === '')).toEqual([false, true, true]);
    const root: Change = (spec) => void (pod(spec).runAsUser = 0);
    expect([22, 23].map((version) => faults('restricted', root, version) === '')).toEqual([true, false]);
    const probe: Change = (spec) =>
      void Object.assign(spec.containers[0] ?? {}, { livenessProbe: { tcpSocket: { port: 1, host: 'h' } } });
    expect([33, 34].map((version) => faults('baseline', probe, version) === '')).toEqual([true, false]);
  });

  test('before restricted had rules of its own for something, those of baseline hold', () => {
    const capability: Change = (spec) => void (main(spec).capabilities = { add: ['SYS_ADMIN'] });
    expect(faults('restricted', capability, 21)).toContain('non-default capabilities');
    expect(faults('restricted', capability, 22)).not.toContain('non-default capabilities');
  });

  test('seccomp was set by annotations until 1.18', () => {
    const annotated: Change = (_spec, metadata) =>
      void (metadata.annotations = { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' });
    expect(faults('baseline', annotated, 18)).toBe(
      'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    );
    expect(faults('baseline', annotated, 19)).toBe('');
  });
});

test('reasons alone are told of several pods at once', () => {
  expect(reasonsOf(evaluate('restricted', 'latest', {}, { containers: [{ name: 'c' }] }))).toBe(
    'allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile',
  );
});
