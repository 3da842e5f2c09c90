/** Keys as text: `Ctrl+K`, `g p`, `/`. Ctrl stands for Command on a Mac too. */

export interface Shortcut {
  keys: string;
  /** What it does, for the sheet that `?` shows. */
  label: string;
  group: 'Everywhere' | 'Go to' | 'In a table' | 'On a row or its page';
  /** Absent for keys that a table handles by itself and that are listed only. */
  run?: () => void;
}

/** The parts of a keyboard event that matter here. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** Typing goes into a field, an editor or a terminal. */
  typing: boolean;
}

/** How long the second key of a sequence may take. */
const SEQUENCE_MS = 1500;

/**
 * Turns key presses into shortcuts, with sequences (`g` then a letter). While someone types, only combinations with
 * Ctrl count.
 */
export class KeyReader {
  #prefix: { key: string; at: number } | null = null;

  /** The shortcut that this press completes, if any. `pending` says that the press began a sequence. */
  read(press: KeyPress, at: number, shortcuts: readonly Shortcut[]): { shortcut?: Shortcut; pending: boolean } {
    if (press.altKey) return { pending: false };
    const control = press.ctrlKey || press.metaKey;
    if (press.typing && !control) return { pending: false };
    const key = control ? `Ctrl+${press.key.toUpperCase()}` : press.key;
    const prefix = this.#prefix && at - this.#prefix.at <= SEQUENCE_MS ? this.#prefix.key : null;
    this.#prefix = null;
    const wanted = prefix === null ? key : `${prefix} ${key}`;
    const shortcut = shortcuts.find((one) => one.keys === wanted);
    if (shortcut) return { shortcut, pending: false };
    if (prefix === null && shortcuts.some((one) => one.keys.startsWith(`${key} `))) {
      this.#prefix = { key, at };
      return { pending: true };
    }
    return { pending: false };
  }
}
