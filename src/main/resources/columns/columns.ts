import type { LabelSelector } from '../../../shared/api/selector.ts';
import { requirementsOf, formatSelector } from '../../../shared/api/selector.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import type { PodTemplateSpec } from '../../../shared/api/kinds.ts';
import type { Column } from '../definition.ts';
import { schemaNamed } from '../schema/catalog.ts';
import { OBJECT_META } from '../schema/schema.ts';
import { printAge } from './age.ts';

/** Columns that many kinds have, and the making of others. */

type CellOf<T extends KubeObject> = Column<T>['cell'];

/** A column that shows always. `description` may be a function: reading a schema at import would load them all. */
export function column<T extends KubeObject>(
  name: string,
  type: Column<T>['type'],
  description: string | (() => string),
  cell: CellOf<T>,
): Column<T> {
  return makeColumn(name, type, description, cell, 0);
}

/** A column that shows with `-o wide`. */
export function wideColumn<T extends KubeObject>(
  name: string,
  type: Column<T>['type'],
  description: string | (() => string),
  cell: CellOf<T>,
): Column<T> {
  return makeColumn(name, type, description, cell, 1);
}

function makeColumn<T extends KubeObject>(
  name: string,
  type: Column<T>['type'],
  description: string | (() => string),
  cell: CellOf<T>,
  priority: 0 | 1,
): Column<T> {
  return {
    name,
    type,
    priority,
    cell,
    get description() {
      return typeof description === 'string' ? description : description();
    },
  };
}

/** The description of a field, as upstream's SwaggerDoc gives it to its columns. */
export const fieldDoc = (schemaName: string, field: string) => (): string =>
  schemaNamed(schemaName).properties?.[field]?.description ?? '';

export const nameColumn = (): Column<KubeObject> => ({
  ...column('Name', 'string', '', (object) => object.metadata?.name ?? ''),
  format: 'name',
  get description() {
    return fieldDoc(OBJECT_META, 'name')();
  },
});

/** The name of a class, and whether it is the one that is taken when none is named. */
export const defaultClassNameColumn = (annotation: string): Column<KubeObject> => ({
  ...column('Name', 'string', '', ({ metadata }) => {
    const isDefault = metadata?.annotations?.[annotation] === 'true';
    return `${metadata?.name ?? ''}${isDefault ? ' (default)' : ''}`;
  }),
  format: 'name',
  get description() {
    return fieldDoc(OBJECT_META, 'name')();
  },
});

export const ageColumn = (): Column<KubeObject> =>
  column('Age', 'string', fieldDoc(OBJECT_META, 'creationTimestamp'), (object, now) =>
    printAge(object.metadata?.creationTimestamp, now),
  );

interface WithTemplate extends KubeObject {
  spec?: { template?: PodTemplateSpec; selector?: LabelSelector };
}

/** Containers and Images of a template. */
export function containerColumns<T extends KubeObject>(
  templateOf: (object: T) => PodTemplateSpec | undefined,
  make: typeof column = wideColumn,
): Column<T>[] {
  const containersOf = (object: T) => templateOf(object)?.spec?.containers ?? [];
  return [
    make<T>('Containers', 'string', 'Names of each container in the template.', (object) =>
      containersOf(object)
        .map(({ name }) => name)
        .join(','),
    ),
    make<T>('Images', 'string', 'Images referenced by each container in the template.', (object) =>
      containersOf(object)
        .map(({ image }) => image ?? '')
        .join(','),
    ),
  ];
}

/** Containers, Images, Selector: the wide columns of everything that makes pods. */
export function templateColumns(selectorSchema: string): Column<WithTemplate>[] {
  return [
    ...containerColumns<WithTemplate>((object) => object.spec?.template),
    wideColumn('Selector', 'string', fieldDoc(selectorSchema, 'selector'), (object) =>
      printSelector(object.spec?.selector),
    ),
  ];
}

/** Name and Created At: what upstream prints of kinds that it has no columns for. */
export const plainColumns = (): Column<KubeObject>[] => [
  nameColumn(),
  column(
    'Created At',
    'date',
    fieldDoc(OBJECT_META, 'creationTimestamp'),
    (object) => object.metadata?.creationTimestamp ?? '',
  ),
];

/** `a=b,c=d`, keys sorted; `<none>` when there are none (apimachinery labels.FormatLabels). */
export function printLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.length === 0 ? '<none>' : pairs.map(([key, value]) => `${key}=${value}`).join(',');
}

/** `RWO,ROX,RWX,RWOP`, in this order (core helper GetAccessModesAsString). */
export function printAccessModes(modes: readonly string[] | undefined): string {
  return ACCESS_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

const ACCESS_MODES = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

/** `a=b,c in (d,e)`, keys sorted; `<none>` for a selector that says nothing. */
export function printSelector(selector: LabelSelector | undefined): string {
  if (!selector) return '<none>';
  const sorted = requirementsOf(selector).sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const text = formatSelector({
    matchExpressions: sorted.map(({ key, operator, values }) => ({ key, operator, values: [...values] })),
  });
  return text === '' ? '<none>' : text;
}
