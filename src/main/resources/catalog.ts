import type { KindDefinition } from './definition.ts';
import { KINDS } from './registry.ts';

const nameOf = (group: string, version: string, word: string): string => `${group}/${version}/${word}`;

export interface GroupVersion {
  group: string;
  version: string;
}

/** Everything that is served at the moment: the built-in kinds, and those that CustomResourceDefinitions add and take away. */
export class KindCatalog {
  readonly #custom = new Map<string, readonly KindDefinition[]>();
  readonly #listeners = new Set<() => void>();
  #kinds: readonly KindDefinition[] = [];
  #byPlural = new Map<string, KindDefinition>();
  #byKind = new Map<string, KindDefinition>();
  #unavailable: readonly GroupVersion[] = [];
  #generation = 0;

  constructor(private readonly builtIn: readonly KindDefinition[] = KINDS) {
    this.#index();
  }

  /** Moves with every change: what is derived from the kinds is kept for one generation. */
  get generation(): number {
    return this.#generation;
  }

  /** Built-in kinds in the order discovery lists them, then custom ones. */
  kinds(): readonly KindDefinition[] {
    return this.#kinds;
  }

  /** By the words of a URL; undefined for what is not served. The core group is `''`. */
  find(group: string, version: string, plural: string): KindDefinition | undefined {
    return this.#byPlural.get(nameOf(group, version, plural));
  }

  /** By the words of an object. */
  findByGvk(group: string, version: string, kind: string): KindDefinition | undefined {
    return this.#byKind.get(nameOf(group, version, kind));
  }

  /** Any served version of a resource, the preferred one first; undefined when none is. */
  findResource(group: string, plural: string): KindDefinition | undefined {
    return this.#kinds.find(({ type }) => type.group === group && type.plural === plural);
  }

  /** Serves these instead of what `owner` (a CustomResourceDefinition's name) had served; none takes them away. */
  setCustom(owner: string, kinds: readonly KindDefinition[]): void {
    if (kinds.length === 0) this.#custom.delete(owner);
    else this.#custom.set(owner, kinds);
    this.#index();
    this.#changed();
  }

  /** Group versions that another server would have to answer for, which nobody can ask. */
  get unavailable(): readonly GroupVersion[] {
    return this.#unavailable;
  }

  /** Makes discovery say which group versions there should be and are not. */
  setUnavailable(versions: readonly GroupVersion[]): void {
    this.#unavailable = versions;
    this.#changed();
  }

  /** Calls `listener` after every change until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(): void {
    this.#generation += 1;
    for (const listener of this.#listeners) listener();
  }

  #index(): void {
    this.#kinds = [...this.builtIn, ...[...this.#custom.values()].flat()];
    this.#byPlural = new Map(
      this.#kinds.map((kind) => [nameOf(kind.type.group, kind.type.version, kind.type.plural), kind]),
    );
    this.#byKind = new Map(
      this.#kinds.map((kind) => [nameOf(kind.type.group, kind.type.version, kind.type.kind), kind]),
    );
  }
}
