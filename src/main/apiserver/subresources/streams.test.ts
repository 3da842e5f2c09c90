import { describe, expect, test } from 'vitest';
import { isApiError } from '../../../shared/api/errors.ts';
import type { Pod } from '../../../shared/api/kinds.ts';
import { streamTargetOf } from './exec.ts';
import { logQueryOf } from './log.ts';
import { containerOf } from './pod-container.ts';

const pod = (containers: string[], more: object = {}): Pod =>
  ({
    metadata: { name: 'p', namespace: 'ns' },
    spec: {
      nodeName: 'n',
      containers: containers.map((name) => ({ name })),
      initContainers: [{ name: 'setup' }],
      ...more,
    },
    status: { phase: 'Running' },
  }) as Pod;
const messageOfThrown = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return isApiError(error) ? `${error.code} ${error.message}` : String(error);
  }
  return '';
};
const query = (text: string): URLSearchParams => new URLSearchParams(text);

describe('the container a request means', () => {
  test('is the named one, or the only one', () => {
    expect(containerOf(pod(['a']), null)).toBe('a');
    expect(containerOf(pod(['a', 'b']), 'b')).toBe('b');
    expect(containerOf(pod(['a']), 'setup')).toBe('setup');
  });

  test('must be told apart from others, and be there', () => {
    expect(messageOfThrown(() => containerOf(pod(['a', 'b']), ''))).toBe(
      '400 a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [setup]',
    );
    expect(messageOfThrown(() => containerOf(pod(['a']), 'x'))).toBe('400 container x is not valid for pod p');
  });
});

describe('exec and attach', () => {
  test('go to the kubelet in its own words, every argument kept apart', () => {
    expect(
      streamTargetOf(
        pod(['a']),
        'exec',
        query('command=sh&command=-c&command=echo%20%26x&stdin=true&stdout=true&stderr=true'),
      ),
    ).toEqual({
      node: 'n',
      container: 'a',
      path: '/exec/ns/p/a?command=sh&command=-c&command=echo+%26x&input=1&output=1&error=1',
      channels: ['stdin', 'stdout', 'stderr'],
      tty: false,
    });
    expect(streamTargetOf(pod(['a']), 'attach', query('stdout=true&stderr=true&tty=true')).path).toBe(
      '/attach/ns/p/a?output=1&tty=1',
    );
  });

  test.each<[string, Pod, string, string]>([
    ['no command', pod(['a']), 'stdout=1', '400 you must specify at least 1 command for the container'],
    ['no stream', pod(['a']), 'command=ls&stdout=false', '400 you must specify at least 1 of stdin, stdout, stderr'],
    ['no machine', pod(['a'], { nodeName: '' }), 'command=ls&stdout=1', '400 pod p does not have a host assigned'],
    [
      'a pod that is over',
      { ...pod(['a']), status: { phase: 'Failed' } },
      'command=ls&stdout=1',
      '400 cannot exec into a container in a completed pod; current phase is Failed',
    ],
  ])('are refused with %s', (_name, of, text, message) => {
    expect(messageOfThrown(() => streamTargetOf(of, 'exec', query(text)))).toBe(message);
  });
});

describe('log options', () => {
  test('are passed on, and nothing else is', () => {
    expect(logQueryOf(query('follow=true&tailLines=5&timestamps=1&previous=false&container=c&evil=1')).toString()).toBe(
      'follow=true&timestamps=true&tailLines=5',
    );
  });

  test.each([
    'tailLines=-1',
    'sinceSeconds=x',
    'limitBytes=1e9',
    'sinceTime=yesterday',
    'sinceTime=2026-01-01T00:00:00Z&sinceSeconds=5',
  ])('refuse %s', (text) => {
    expect(messageOfThrown(() => logQueryOf(query(text)))).toMatch(/^400 /);
  });
});
