import { describe, expect, test } from 'vitest';
import { KeyReader, type KeyPress, type Shortcut } from './shortcuts.ts';

const shortcuts: Shortcut[] = [
  { keys: '/', label: 'Filter', group: 'Everywhere' },
  { keys: 'Ctrl+K', label: 'Palette', group: 'Everywhere' },
  { keys: 'g p', label: 'Pods', group: 'Go to' },
  { keys: 'p', label: 'Peek', group: 'In a table' },
];
const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  typing: false,
  ...more,
});

describe('keys', () => {
  test('a single key, and a combination with Ctrl or Command', () => {
    const reader = new KeyReader();
    expect(reader.read(press('/'), 0, shortcuts).shortcut?.label).toBe('Filter');
    expect(reader.read(press('k', { ctrlKey: true }), 0, shortcuts).shortcut?.label).toBe('Palette');
    expect(reader.read(press('k', { metaKey: true }), 0, shortcuts).shortcut?.label).toBe('Palette');
  });

  test('a sequence, in time', () => {
    const reader = new KeyReader();
    expect(reader.read(press('g'), 0, shortcuts)).toEqual({ pending: true });
    expect(reader.read(press('p'), 1000, shortcuts).shortcut?.label).toBe('Pods');
  });

  test('a sequence that came too late is two keys', () => {
    const reader = new KeyReader();
    reader.read(press('g'), 0, shortcuts);
    expect(reader.read(press('p'), 1600, shortcuts).shortcut?.label).toBe('Peek');
  });

  test('typing is not a shortcut, Ctrl while typing is', () => {
    const reader = new KeyReader();
    expect(reader.read(press('/', { typing: true }), 0, shortcuts).shortcut).toBeUndefined();
    expect(reader.read(press('k', { typing: true, ctrlKey: true }), 0, shortcuts).shortcut?.label).toBe('Palette');
  });
});
