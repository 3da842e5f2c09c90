import { MediaQuery } from 'svelte/reactivity';
import { readPreference, writePreference } from '../ui/preferences.ts';

export const THEME_CHOICES = ['system', 'light', 'dark', 'contrast'] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];
export type ThemeName = Exclude<ThemeChoice, 'system'>;

export const THEME_LABEL: Record<ThemeChoice, string> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
  contrast: 'High contrast',
};

/** The theme the user chose, and the one that follows from it now. */
export class Theme {
  #choice = $state<ThemeChoice>('system');
  readonly #dark = new MediaQuery('(prefers-color-scheme: dark)');
  readonly #contrast = new MediaQuery('(prefers-contrast: more)');

  constructor() {
    const remembered = readPreference('theme');
    this.#choice = THEME_CHOICES.find((choice) => choice === remembered) ?? 'system';
  }

  get choice(): ThemeChoice {
    return this.#choice;
  }

  choose(choice: ThemeChoice): void {
    this.#choice = choice;
    writePreference('theme', choice);
  }

  get name(): ThemeName {
    if (this.#choice !== 'system') return this.#choice;
    if (this.#contrast.current) return 'contrast';
    return this.#dark.current ? 'dark' : 'light';
  }
}
