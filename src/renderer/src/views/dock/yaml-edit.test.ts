import { beforeEach, describe, expect, test } from 'vitest';
import { invalid } from '../../../../shared/api/errors.ts';
import { CONFIG_MAPS, type ConfigMap } from '../../../../shared/api/kinds.ts';
import { ApiClient } from '../../../../shared/client/api-client.ts';
import { MemoryApi } from '../../../../shared/testing/memory-api.ts';
import { withResourceVersion, YamlEdit } from './yaml-edit.svelte.ts';

let memory: MemoryApi;
let api: ApiClient;
let edit: YamlEdit;
const stored = (): Promise<ConfigMap> => api.get(CONFIG_MAPS, 'settings', 'shop');

beforeEach(async () => {
  memory = new MemoryApi();
  api = new ApiClient(memory, 'test');
  await api.create(CONFIG_MAPS, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop' },
    data: { level: 'info' },
  });
  edit = new YamlEdit(api, CONFIG_MAPS, { namespace: 'shop', name: 'settings' });
  await edit.read();
});

describe('editing YAML', () => {
  test('shows the changes first, then writes them', async () => {
    edit.review();
    expect(edit.reviewing).toBe(false);
    edit.text = edit.text.replace('info', 'debug');
    edit.review();
    expect([edit.reviewing, edit.changed]).toEqual([true, true]);
    expect(await edit.save()).toBe(true);
    expect((await stored()).data).toEqual({ level: 'debug' });
    expect([edit.reviewing, edit.changed]).toEqual([false, false]);
  });

  test('does not show changes of what is no YAML', () => {
    edit.text = 'data:\n\tlevel: debug\n';
    edit.review();
    expect([edit.reviewing, edit.problems[0]?.line]).toEqual([false, 2]);
  });

  test('puts a refusal at its line', async () => {
    edit.text = edit.text.replace('info', '7');
    memory.intercept = () => {
      throw invalid({ group: '', kind: 'ConfigMap' }, 'settings', [
        { reason: 'x', message: 'no', field: 'data.level' },
      ]);
    };
    expect(await edit.save()).toBe(false);
    const line = edit.text.split('\n').findIndex((text) => text.includes('level')) + 1;
    expect(edit.problems).toEqual([{ line, message: 'data.level: no' }]);
  });
});

describe('when someone else has written meanwhile', () => {
  beforeEach(async () => {
    edit.text = edit.text.replace('info', 'debug');
    await api.patch(CONFIG_MAPS, { name: 'settings', namespace: 'shop' }, { data: { size: '3' } });
    expect(await edit.save()).toBe(false);
  });

  test('nothing was written, and the newest is at hand', async () => {
    expect((await stored()).data).toEqual({ level: 'info', size: '3' });
    expect((edit.newest as ConfigMap | null)?.data).toEqual({ level: 'info', size: '3' });
  });

  test('one can take the newest', () => {
    edit.takeNewest();
    expect(edit.text).toContain('size: "3"');
    expect(edit.changed).toBe(false);
  });

  test('one can keep what was typed: the review shows all it changes there', async () => {
    edit.keepMine();
    expect(edit.reviewing).toBe(true);
    expect(edit.base).toContain('size: "3"');
    expect(await edit.save()).toBe(true);
    expect((await stored()).data).toEqual({ level: 'debug' });
  });
});

test('another resourceVersion leaves the rest of the text as it was typed', () =>
  expect(withResourceVersion('# mine\nmetadata:\n  name: a # b\n  resourceVersion: "1"\n', '7')).toBe(
    '# mine\nmetadata:\n  name: a # b\n  resourceVersion: "7"\n',
  ));
