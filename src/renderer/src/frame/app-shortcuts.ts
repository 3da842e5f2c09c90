import type { App } from './app.ts';
import { RAIL } from './rail-places.ts';
import type { Shortcut } from './shortcuts.ts';

/** Keys that tables and pages handle by themselves; listed so that `?` shows all. */
const LISTED: readonly Shortcut[] = [
  { keys: '↑ ↓', label: 'Move', group: 'In a table' },
  { keys: 'Enter', label: 'Open', group: 'In a table' },
  { keys: 'Space', label: 'Peek in the inspector', group: 'In a table' },
  { keys: 'x', label: 'Select', group: 'In a table' },
  { keys: 'Shift+↓', label: 'Select several', group: 'In a table' },
  { keys: 'Ctrl+A', label: 'Select what is loaded', group: 'In a table' },
  { keys: '.', label: 'Actions of the row', group: 'In a table' },
  { keys: 'l', label: 'Logs', group: 'On a row or its page' },
  { keys: 's', label: 'Shell', group: 'On a row or its page' },
  { keys: 'e', label: 'Edit the YAML', group: 'On a row or its page' },
  { keys: 'd', label: 'Describe: events and conditions', group: 'On a row or its page' },
  { keys: 'Delete', label: 'Delete', group: 'On a row or its page' },
];

/** The keys that work on every page. */
export function appShortcuts(
  app: Pick<App, 'router' | 'dock'>,
  open: { palette: () => void; sheet: () => void },
): Shortcut[] {
  return [
    { keys: 'Ctrl+K', label: 'Search or command', group: 'Everywhere', run: open.palette },
    {
      keys: '/',
      label: 'Filter the list',
      group: 'Everywhere',
      run: () => document.querySelector<HTMLInputElement>('input[data-filter]')?.focus(),
    },
    { keys: '?', label: 'Show all keys', group: 'Everywhere', run: open.sheet },
    { keys: 'Ctrl+J', label: 'Fold the dock', group: 'Everywhere', run: () => app.dock.fold() },
    ...RAIL.flatMap((group) => group.places).map((entry): Shortcut => ({
      keys: `g ${entry.letter}`,
      label: entry.label,
      group: 'Go to',
      run: () => app.router.go(app.router.hrefTo(entry.place)),
    })),
    { keys: 'g y', label: 'Apply YAML', group: 'Go to', run: () => app.router.go('#/apply') },
    ...LISTED,
  ];
}
