import { beforeEach, describe, expect, test } from 'vitest';
import { Dock } from './dock.svelte.ts';

beforeEach(() => localStorage.clear());

describe('the dock', () => {
  test('shows a tab that is open already instead of opening it twice; a second shell is a second tab', () => {
    const dock = new Dock();
    dock.open({ kind: 'logs', namespace: 'web', pod: 'a' });
    dock.open({ kind: 'terminal', namespace: 'web', pod: 'a' });
    dock.open({ kind: 'logs', namespace: 'web', pod: 'a' });
    dock.open({ kind: 'terminal', namespace: 'web', pod: 'a' });
    expect(dock.tabs.map((tab) => tab.content.kind)).toEqual(['logs', 'terminal', 'terminal']);
    expect(dock.active?.content.kind).toBe('terminal');
  });

  test('closing the tab that is shown shows its neighbour', () => {
    const dock = new Dock();
    for (const pod of ['a', 'b', 'c']) dock.open({ kind: 'logs', namespace: 'web', pod });
    dock.show(dock.tabs[1]!.id);
    dock.close(dock.tabs[1]!.id);
    expect(dock.active?.title).toBe('Logs c');
    dock.close(dock.tabs[1]!.id);
    expect(dock.active?.title).toBe('Logs a');
  });

  test('remembers logs and YAML, not shells, and survives a damaged memory', () => {
    const dock = new Dock();
    dock.open({ kind: 'terminal', namespace: 'web', pod: 'a' });
    dock.open({ kind: 'yaml', resource: 'pods', namespace: 'web', name: 'a' });
    expect(new Dock().tabs.map((tab) => tab.title)).toEqual(['YAML a']);
    localStorage.setItem('wheelhouse.dock.tabs', '[{"kind":"logs"},7]');
    expect(new Dock().tabs).toEqual([]);
  });
});
