import type { Row, StateView } from '../../../shared/view/rows.ts';
import type { App } from './app.ts';
import { PLACE_LABEL, RAIL } from './rail-places.ts';
import { hrefOf } from './routes.ts';
import { THEME_CHOICES, THEME_LABEL } from './theme.svelte.ts';

/** One line of the palette. */
export interface PaletteEntry {
  id: string;
  label: string;
  /** Small words at the end: the namespace, the state. */
  note?: string;
  keys?: string;
  state?: StateView;
  run: () => void;
}

/** Places and commands that contain all words of the search. */
export function staticEntries(
  app: Pick<App, 'router' | 'dialogs' | 'theme' | 'dock'>,
  showShortcuts: () => void,
  search: string,
): { places: PaletteEntry[]; commands: PaletteEntry[] } {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (entry: PaletteEntry): boolean => words.every((word) => entry.label.toLowerCase().includes(word));
  const go = (href: string) => (): void => app.router.go(href);
  const places = RAIL.flatMap((group) => group.places).map((entry) => ({
    id: entry.place,
    label: PLACE_LABEL[entry.place],
    keys: `g ${entry.letter}`,
    run: go(app.router.hrefTo(entry.place)),
  }));
  const commands: PaletteEntry[] = [
    { id: 'apply', label: 'Apply YAML', keys: 'g y', run: go('#/apply') },
    { id: 'add-machine', label: 'Add a machine', run: go('#/machines/add') },
    { id: 'namespace', label: 'Create a Namespace', run: () => app.dialogs.open({ kind: 'create-namespace' }) },
    { id: 'all', label: 'Show all namespaces', run: () => app.router.chooseNamespace('') },
    { id: 'tasks', label: 'Show tasks', run: () => app.dock.open({ kind: 'task' }) },
    { id: 'welcome', label: 'Show the first steps', run: go('#/first-run') },
    { id: 'keys', label: 'Show keyboard shortcuts', keys: '?', run: showShortcuts },
    ...THEME_CHOICES.map((choice) => ({
      id: `theme-${choice}`,
      label: `Theme: ${THEME_LABEL[choice].toLowerCase()}`,
      run: () => app.theme.choose(choice),
    })),
  ];
  return { places: places.filter(matches), commands: commands.filter(matches) };
}

/** The palette's line of an object that was found by name. */
export function objectEntry(app: Pick<App, 'router'>, row: Row): PaletteEntry {
  const place = row.resource;
  return {
    id: row.uid,
    label: row.name,
    note: [PLACE_LABEL[place].replace(/s$/, ''), row.namespace, row.state.word].filter(Boolean).join(' · '),
    state: row.state,
    run: () => app.router.go(hrefOf({ place, namespace: row.namespace, name: row.name })),
  };
}
