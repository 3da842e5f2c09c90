import { parseDocument } from 'yaml';
import { isApiError, isConflict, messageOf } from '../../../../shared/api/errors.ts';
import type { ResourceType } from '../../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../../shared/api/meta.ts';
import type { ApiClient } from '../../../../shared/client/api-client.ts';
import { editableYamlOf } from '../object/object-yaml.ts';
import { lineOfField, syntaxProblems, type YamlProblem } from './yaml-problems.ts';

/** The text with another resourceVersion, so that a write of it is one on top of that version. */
export function withResourceVersion(text: string, version: string): string {
  const document = parseDocument(text);
  document.setIn(['metadata', 'resourceVersion'], version);
  return document.toString({ lineWidth: 0 });
}

/** One object's YAML being edited: read, typed, looked over, written by PUT. */
export class YamlEdit {
  /** What was read; the text that is typed starts from it. */
  base = $state.raw('');
  text = $state.raw('');
  problems = $state.raw<readonly YamlProblem[]>([]);
  /** The changes are shown, to be agreed to. */
  reviewing = $state(false);
  busy = $state(false);
  /** Someone else has written meanwhile: what is there now. */
  newest = $state.raw<KubeObject | null>(null);

  readonly changed = $derived(this.text !== this.base);

  constructor(
    readonly api: ApiClient,
    readonly type: ResourceType,
    readonly target: { namespace: string; name: string },
  ) {}

  #get(): Promise<KubeObject> {
    return this.api.get(this.type, this.target.name, this.target.namespace);
  }

  #startFrom(object: KubeObject): void {
    this.base = editableYamlOf(object);
    this.text = this.base;
    this.problems = [];
    this.newest = null;
    this.reviewing = false;
  }

  /** Reads the object anew; what was typed is given up. */
  async read(): Promise<void> {
    this.#startFrom(await this.#get());
  }

  /** Shows what would change, when the text is an object at all. */
  review(): void {
    this.problems = syntaxProblems(this.text);
    this.reviewing = this.problems.length === 0 && this.changed;
  }

  /** Writes it. Resolves with whether that succeeded; what went wrong is in `problems` or `newest`. */
  async save(): Promise<boolean> {
    this.busy = true;
    try {
      this.#startFrom(await this.api.update(this.type, parseDocument(this.text).toJS() as KubeObject));
      return true;
    } catch (error) {
      this.reviewing = false;
      if (isConflict(error)) await this.#readNewest(error);
      else this.problems = problemsOf(this.text, error);
      return false;
    } finally {
      this.busy = false;
    }
  }

  async #readNewest(conflict: unknown): Promise<void> {
    try {
      this.newest = await this.#get();
    } catch {
      // It cannot be read either: the conflict is what there is to tell.
      this.problems = problemsOf(this.text, conflict);
    }
  }

  /** After a conflict: goes on with what was typed, on top of the newest state. The review then shows all that it changes there. */
  keepMine(): void {
    const { newest } = this;
    if (!newest) return;
    this.base = editableYamlOf(newest);
    this.text = withResourceVersion(this.text, newest.metadata?.resourceVersion ?? '');
    this.newest = null;
    this.review();
  }

  /** After a conflict: gives up what was typed. */
  takeNewest(): void {
    if (this.newest) this.#startFrom(this.newest);
  }
}

function problemsOf(text: string, error: unknown): YamlProblem[] {
  const causes = isApiError(error) ? (error.status.details?.causes ?? []) : [];
  if (causes.length === 0) return [{ line: 1, message: messageOf(error) }];
  return causes.map(({ field = '', message = '' }) => ({
    line: lineOfField(text, field),
    message: field ? `${field}: ${message}` : message,
  }));
}
