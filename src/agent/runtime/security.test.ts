import { describe, expect, test } from 'vitest';
import type { Container, Pod } from '../../shared/api/kinds.ts';
import { aContainer, aPod } from '../pods/fixtures.ts';
import { nonRootViolation, securityOptions } from './security.ts';

type PodContext = NonNullable<NonNullable<Pod['spec']>['securityContext']>;
type Context = NonNullable<Container['securityContext']>;
const options = (own: Context, ofPod: PodContext = {}, imageUser?: string, profile?: string) =>
  securityOptions(aPod({ securityContext: ofPod }), aContainer({ securityContext: own }), imageUser, profile);

describe('user and groups', () => {
  test.each([
    [{}, {}, '', undefined],
    [{}, { runAsUser: 7 }, '', '7'],
    [{ runAsUser: 8 }, { runAsUser: 7, runAsGroup: 9 }, '', '8:9'],
    [{ runAsGroup: 9 }, {}, 'www:www', 'www:9'],
    [{ runAsGroup: 9 }, {}, '', '0:9'],
  ] as const)('%j in a pod with %j, image user "%s": %s', (own, ofPod, image, user) => {
    expect(options(own, ofPod, image).user).toBe(user);
  });
  test('the pod’s groups are added', () => {
    expect(options({}, { supplementalGroups: [5, 6], fsGroup: 7 }).hostConfig.GroupAdd).toEqual(['5', '6', '7']);
  });
});

describe('what confines it', () => {
  test.each([
    [{}, {}, undefined],
    [{ allowPrivilegeEscalation: false }, {}, ['no-new-privileges']],
    [{ allowPrivilegeEscalation: false, privileged: true }, {}, undefined],
    [{}, { seccompProfile: { type: 'Unconfined' } }, ['seccomp=unconfined']],
    [{ seccompProfile: { type: 'RuntimeDefault' } }, { seccompProfile: { type: 'Unconfined' } }, undefined],
    [{ seccompProfile: { type: 'Localhost', localhostProfile: 'x' } }, {}, ['seccomp={"a":1}']],
    [{ appArmorProfile: { type: 'Localhost', localhostProfile: 'tight' } }, {}, ['apparmor=tight']],
  ] as [Context, PodContext, string[] | undefined][])('%j in a pod with %j', (own, ofPod, expected) => {
    expect(options(own, ofPod, '', '{"a":1}').hostConfig.SecurityOpt).toEqual(expected);
  });
  test('an unmasked /proc', () => {
    expect(options({ procMount: 'Unmasked' }).hostConfig).toEqual({ MaskedPaths: [], ReadonlyPaths: [] });
  });
});

describe('runAsNonRoot', () => {
  const where = '(pod: "web_default(u1)", container: app)';
  test.each([
    [
      { runAsNonRoot: true },
      'nobody',
      `container has runAsNonRoot and image has non-numeric user (nobody), cannot verify user is non-root ${where}`,
    ],
    [{ runAsNonRoot: true }, '', `container has runAsNonRoot and image will run as root ${where}`],
    [{ runAsNonRoot: true }, '0:0', `container has runAsNonRoot and image will run as root ${where}`],
    [{ runAsNonRoot: true, runAsUser: 0 }, '7', `container's runAsUser breaks non-root policy ${where}`],
    [{ runAsNonRoot: true, runAsUser: 5 }, '', undefined],
    [{ runAsNonRoot: true }, '7', undefined],
    [{ runAsNonRoot: false }, '', undefined],
  ])('%j with image user "%s"', (own, user, expected) => {
    const pod = aPod({ securityContext: { runAsNonRoot: true } });
    expect(nonRootViolation(pod, aContainer({ securityContext: own }), user)).toBe(expected);
  });
});
