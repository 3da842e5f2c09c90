import type { RowResource } from '../../../shared/view/rows.ts';
import { readNumber, readPreference, writePreference } from '../ui/preferences.ts';

/** What a tab of the dock shows. */
export type DockContent =
  | { kind: 'logs'; namespace: string; pod: string; container?: string; previous?: boolean }
  | { kind: 'terminal'; namespace: string; pod: string; container?: string }
  | { kind: 'yaml'; resource: RowResource; namespace: string; name: string }
  | { kind: 'task' };

export interface DockTab {
  id: string;
  title: string;
  content: DockContent;
}

export const DOCK_HEIGHT = { min: 120, most: 900, usual: 300 };

/** Opening the same thing twice shows its tab; two terminals of one container are two things. */
function idOf(content: DockContent, serial: number): string {
  switch (content.kind) {
    case 'logs':
      return `logs:${content.namespace}/${content.pod}/${content.container ?? ''}${content.previous ? ':previous' : ''}`;
    case 'terminal':
      return `terminal:${content.namespace}/${content.pod}:${serial}`;
    case 'yaml':
      return `yaml:${content.resource}:${content.namespace}/${content.name}`;
    case 'task':
      return 'task';
  }
}

function titleOf(content: DockContent): string {
  switch (content.kind) {
    case 'logs':
      return `Logs ${content.pod}${content.container ? ` · ${content.container}` : ''}`;
    case 'terminal':
      return `Terminal ${content.pod}`;
    case 'yaml':
      return `YAML ${content.name}`;
    case 'task':
      return 'Tasks';
  }
}

/** A remembered tab, or null when it is none. Terminals are not remembered: their shells ended with the window. */
function rememberedTab(value: unknown): DockContent | null {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return null;
  const { kind } = value;
  const has = (key: string): boolean => typeof (value as Record<string, unknown>)[key] === 'string';
  if (kind === 'logs' && has('namespace') && has('pod')) return value as DockContent;
  if (kind === 'yaml' && has('resource') && has('namespace') && has('name')) return value as DockContent;
  return null;
}

/** The tabs at the foot of the window: logs, terminals, YAML, tasks. They outlive the page they were opened from. */
export class Dock {
  tabs = $state.raw<readonly DockTab[]>([]);
  activeId = $state<string | null>(null);
  /** Folded away with its tabs kept. */
  folded = $state(false);
  height = $state(readNumber('dock.height', DOCK_HEIGHT.usual, { min: DOCK_HEIGHT.min, max: DOCK_HEIGHT.most }));
  #serial = 0;

  constructor() {
    const remembered = readPreference('dock.tabs');
    const contents = Array.isArray(remembered) ? remembered.map(rememberedTab).filter((tab) => tab !== null) : [];
    this.tabs = contents.map((content) => this.#tabOf(content));
    this.activeId = this.tabs.at(-1)?.id ?? null;
    this.folded = readPreference('dock.folded') === true;
  }

  get active(): DockTab | undefined {
    return this.tabs.find((tab) => tab.id === this.activeId);
  }

  open(content: DockContent): void {
    const tab = this.#tabOf(content);
    if (!this.tabs.some((other) => other.id === tab.id)) this.tabs = [...this.tabs, tab];
    this.activeId = tab.id;
    this.folded = false;
    this.#remember();
  }

  show(id: string): void {
    this.activeId = id;
    this.folded = false;
    this.#remember();
  }

  close(id: string): void {
    const at = this.tabs.findIndex((tab) => tab.id === id);
    this.tabs = this.tabs.filter((tab) => tab.id !== id);
    if (this.activeId === id) this.activeId = (this.tabs[at] ?? this.tabs[at - 1])?.id ?? null;
    this.#remember();
  }

  fold(): void {
    this.folded = !this.folded;
    this.#remember();
  }

  resize(height: number): void {
    this.height = height;
    writePreference('dock.height', height);
  }

  #tabOf(content: DockContent): DockTab {
    return { id: idOf(content, ++this.#serial), title: titleOf(content), content };
  }

  #remember(): void {
    writePreference(
      'dock.tabs',
      this.tabs.map((tab) => tab.content).filter((content) => content.kind === 'logs' || content.kind === 'yaml'),
    );
    writePreference('dock.folded', this.folded);
  }
}
