import type { CustomResourceDefinition, CustomResourceNames } from '../../../shared/api/custom-resource-definition.ts';
import { equalJson } from '../../resources/decode/json-value.ts';

/** Which of a definition's names it has, and what stands against the others. */
export interface NameDecision {
  accepted: CustomResourceNames;
  /** Undefined when all names are its own. */
  conflict: { reason: string; message: string } | undefined;
}

/** Names that other definitions of the group have. */
interface Taken {
  resources: ReadonlySet<string>;
  kinds: ReadonlySet<string>;
}

function takenBy(others: readonly CustomResourceDefinition[]): Taken {
  const names = others.flatMap(({ status }) => (status?.acceptedNames ? [status.acceptedNames] : []));
  return {
    resources: new Set(
      names.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames]),
    ),
    kinds: new Set(names.flatMap(({ kind, listKind = '' }) => [kind, listKind])),
  };
}

/**
 * Gives a definition the names that no other of its group has; what it already had, it keeps
 * (apiextensions NamingConditionController).
 */
export function decideNames(crd: CustomResourceDefinition, all: readonly CustomResourceDefinition[]): NameDecision {
  const others = all.filter(
    ({ metadata, spec }) => spec.group === crd.spec.group && metadata?.name !== crd.metadata?.name,
  );
  const taken = takenBy(others);
  const wanted = crd.spec.names;
  const had = crd.status?.acceptedNames;
  const accepted: CustomResourceNames = { plural: '', kind: '', ...had };
  let conflict: NameDecision['conflict'];
  const refuse = (reason: string, names: readonly string[]): void => {
    const message = names.map((name) => `${JSON.stringify(name)} is already in use`);
    conflict = { reason, message: message.length === 1 ? (message[0] ?? '') : `[${message.join(', ')}]` };
  };
  const settle = (
    part: 'plural' | 'singular' | 'kind' | 'listKind',
    reason: string,
    used: ReadonlySet<string>,
  ): void => {
    const name = wanted[part] ?? '';
    if (name !== had?.[part] && used.has(name)) refuse(reason, [name]);
    else accepted[part] = name;
  };
  settle('plural', 'PluralConflict', taken.resources);
  settle('singular', 'SingularConflict', taken.resources);
  if (!equalJson(wanted.shortNames ?? [], had?.shortNames ?? [])) {
    const lost = (wanted.shortNames ?? []).filter(
      (name) => !had?.shortNames?.includes(name) && taken.resources.has(name),
    );
    if (lost.length > 0) refuse('ShortNamesConflict', lost);
    else if (wanted.shortNames) accepted.shortNames = [...wanted.shortNames];
    else delete accepted.shortNames;
  }
  settle('kind', 'KindConflict', taken.kinds);
  settle('listKind', 'ListKindConflict', taken.kinds);
  if (wanted.categories) accepted.categories = [...wanted.categories];
  else delete accepted.categories;
  return { accepted, conflict };
}
