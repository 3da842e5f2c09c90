import { FitAddon } from '@xterm/addon-fit';
import { Terminal, type ITheme } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';

export interface ScreenHandlers {
  /** What the user typed. */
  onInput: (text: string) => void;
  onResize: (columns: number, rows: number) => void;
  /** Shift Escape: the way out for those who have only a keyboard, since the shell gets Tab. */
  onLeave: () => void;
}

/** An xterm.js terminal in an element, in the colours of the theme. */
export class TerminalScreen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #watchers: { disconnect(): void }[];

  constructor(
    readonly element: HTMLElement,
    label: string,
    handlers: ScreenHandlers,
  ) {
    this.#terminal = new Terminal({
      fontFamily: getComputedStyle(element).getPropertyValue('--font-mono'),
      fontSize: 13,
      lineHeight: 1.2,
      cursorBlink: false,
      scrollback: 10_000,
      theme: themeOf(element),
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.open(element);
    this.#terminal.textarea?.setAttribute('aria-label', label);
    this.#terminal.onData(handlers.onInput);
    this.#terminal.onResize(({ cols, rows }) => handlers.onResize(cols, rows));
    this.#terminal.attachCustomKeyEventHandler((event) => {
      if (event.key !== 'Escape' || !event.shiftKey) return true;
      if (event.type === 'keydown') handlers.onLeave();
      return false;
    });
    const sizes = new ResizeObserver(() => this.fit());
    sizes.observe(element);
    const themes = new MutationObserver(() => (this.#terminal.options.theme = themeOf(element)));
    themes.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    this.#watchers = [sizes, themes];
    this.fit();
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  /** Takes the size of its element; a hidden element has none, and the size of before is kept. */
  fit(): void {
    if (this.element.clientWidth > 0 && this.element.clientHeight > 0) this.#fit.fit();
  }

  write(text: string): void {
    this.#terminal.write(text);
  }

  clear(): void {
    this.#terminal.reset();
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Keeps a copy of the screen as text that screen readers follow; costs a little with much output. */
  set readAloud(on: boolean) {
    this.#terminal.options.screenReaderMode = on;
  }

  dispose(): void {
    for (const watcher of this.#watchers) watcher.disconnect();
    this.#terminal.dispose();
  }
}

function themeOf(element: HTMLElement): ITheme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--wh-${name}`).trim();
  return {
    background: token('sunken'),
    foreground: token('ink'),
    cursor: token('accent'),
    cursorAccent: token('sunken'),
    selectionBackground: token('accent-soft'),
    black: token('ink-3'),
    red: token('fail'),
    green: token('ok'),
    yellow: token('warn'),
    blue: token('busy'),
    magenta: token('wait'),
    cyan: token('accent'),
    white: token('ink-2'),
    brightBlack: token('ink-3'),
    brightRed: token('fail'),
    brightGreen: token('ok'),
    brightYellow: token('warn'),
    brightBlue: token('busy'),
    brightMagenta: token('wait'),
    brightCyan: token('accent-strong'),
    brightWhite: token('ink'),
  };
}
