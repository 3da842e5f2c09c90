import { INGRESS_CLASSES, type IngressClass } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { validateDomainPrefixedPath } from '../validation/domain-prefixed-path.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, forbiddenField, immutable, oneOf, required, tooLong } from '../validation/fields.ts';
import { validateReference } from '../validation/ingress.ts';
import { dns1123Label } from '../validation/names.ts';

const SPEC = 'io.k8s.api.networking.v1.IngressClassSpec';
const LONGEST_CONTROLLER = 250;

type Parameters = NonNullable<NonNullable<IngressClass['spec']>['parameters']>;

function validateController(controller: string, field: string): FieldError[] {
  return [
    ...(controller.length > LONGEST_CONTROLLER ? [tooLong(field, LONGEST_CONTROLLER)] : []),
    ...validateDomainPrefixedPath(field, controller),
  ];
}

function validateParameters(parameters: Parameters): FieldError[] {
  const field = 'spec.parameters';
  const { scope, namespace } = parameters;
  const errors = validateReference(parameters, field);
  if (scope === undefined) return [...errors, required(`${field}.scope`)];
  errors.push(...oneOf(`${field}.scope`, scope, ['Cluster', 'Namespace']));
  if (scope === 'Namespace' && namespace === undefined) {
    errors.push(required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'"));
  }
  if (scope === 'Namespace' && namespace !== undefined) {
    errors.push(...complaintsAbout(`${field}.namespace`, namespace, dns1123Label(namespace)));
  }
  if (scope === 'Cluster' && namespace !== undefined) {
    errors.push(forbiddenField(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  }
  return errors;
}

/** `kind.group/name`, or `<none>`. */
function printParameters({ spec }: IngressClass): string {
  const parameters = spec?.parameters;
  if (!parameters) return '<none>';
  const group = parameters.apiGroup ? `.${parameters.apiGroup}` : '';
  return `${parameters.kind ?? ''}${group}/${parameters.name ?? ''}`;
}

export const ingressClassKind: KindDefinition<IngressClass> = {
  type: INGRESS_CLASSES,
  singular: 'ingressclass',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.networking.v1.IngressClass',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: true,
  allowCreateOnUpdate: false,
  setDefaults({ spec }) {
    if (spec?.parameters) spec.parameters.scope ??= 'Cluster';
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: bumpGeneration,
  validate: ({ spec }) => [
    ...validateController(spec?.controller ?? '', 'spec.controller'),
    ...(spec?.parameters ? validateParameters(spec.parameters) : []),
  ],
  validateUpdate: ({ spec }, old) => immutable('spec.controller', spec?.controller, old.spec?.controller),
  selectableFields: {},
  columns: [
    nameColumn(),
    column('Controller', 'string', fieldDoc(SPEC, 'controller'), ({ spec }) => spec?.controller ?? ''),
    column('Parameters', 'string', fieldDoc(SPEC, 'parameters'), printParameters),
    ageColumn(),
  ],
};
