import { isApiError } from '../../../../shared/api/errors.ts';
import type { SubjectAccessReview } from '../../../../shared/api/kinds.ts';
import { parseFieldSelector, parseLabelSelector, type FieldTerm } from '../../../../shared/api/selector.ts';
import type { Attributes } from '../authorizer.ts';
import type { UserInfo } from '../user.ts';

type AccessSpec = Pick<SubjectAccessReview['spec'], 'resourceAttributes' | 'nonResourceAttributes'>;
type ResourceAttributes = NonNullable<AccessSpec['resourceAttributes']>;
type Requirements = NonNullable<NonNullable<ResourceAttributes['fieldSelector']>['requirements']>;

/** What a review asks (registry/authorization/util), and which of its selectors could not be read. */
export function attributesOfReview(user: UserInfo, spec: AccessSpec): { attributes: Attributes; ignored: string[] } {
  const { resourceAttributes: resource, nonResourceAttributes: url } = spec;
  const nothing = { apiGroup: '', apiVersion: '', resource: '', subresource: '', namespace: '', name: '', path: '' };
  if (!resource) {
    const { verb = '', path = '' } = url ?? {};
    return { attributes: { ...nothing, user, resourceRequest: false, verb, path, fieldTerms: [] }, ignored: [] };
  }
  const fields = fieldTermsOf(resource.fieldSelector);
  const ignored = [
    ...(fields.wrong ? [ignoredNote('fieldSelector', fields.terms.length > 0)] : []),
    ...(labelsAreReadable(resource.labelSelector) ? [] : [ignoredNote('labelSelector', false)]),
  ];
  const attributes: Attributes = {
    ...nothing,
    user,
    resourceRequest: true,
    verb: resource.verb ?? '',
    apiGroup: resource.group ?? '',
    apiVersion: resource.version || '*',
    resource: resource.resource ?? '',
    subresource: resource.subresource ?? '',
    namespace: resource.namespace ?? '',
    name: resource.name ?? '',
    fieldTerms: fields.terms,
  };
  return { attributes, ignored };
}

const ignoredNote = (selector: string, partially: boolean): string =>
  `spec.resourceAttributes.${selector} ${partially ? 'partially ' : ''}ignored due to parse error`;

/** The terms that can be read. Leaving one out only makes the question broader. */
function fieldTermsOf(selector: ResourceAttributes['fieldSelector']): { terms: FieldTerm[]; wrong: boolean } {
  if (selector?.requirements?.length) {
    const terms = selector.requirements.flatMap(termOf);
    return { terms, wrong: terms.length < selector.requirements.length };
  }
  return readable(() => parseFieldSelector(selector?.rawSelector ?? ''));
}

function termOf({ key, operator, values = [] }: Requirements[number]): FieldTerm[] {
  const [value] = values;
  if (value === undefined || values.length !== 1 || (operator !== 'In' && operator !== 'NotIn')) return [];
  return [{ field: key, equal: operator === 'In', value }];
}

const OPERATORS: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** No authorizer here looks at labels: they are only checked, so that the answer can say what was not understood. */
function labelsAreReadable(selector: ResourceAttributes['labelSelector']): boolean {
  if (selector?.requirements?.length)
    return selector.requirements.every(({ operator }) => OPERATORS.includes(operator));
  return !readable(() => parseLabelSelector(selector?.rawSelector ?? '')).wrong;
}

function readable<T>(parse: () => T[]): { terms: T[]; wrong: boolean } {
  try {
    return { terms: parse(), wrong: false };
  } catch (error) {
    if (isApiError(error)) return { terms: [], wrong: true };
    throw error;
  }
}
