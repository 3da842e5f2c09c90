import {
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from '../../../shared/api/kinds.ts';
import { ageColumn, column, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { setMatchResourcesDefaults } from '../validation/admission-rules.ts';
import { validateBinding, validatePolicy } from '../validation/admission-policy.ts';
import { required } from '../validation/fields.ts';

export const validatingAdmissionPolicyKind: KindDefinition<ValidatingAdmissionPolicy> = {
  type: VALIDATING_ADMISSION_POLICIES,
  singular: 'validatingadmissionpolicy',
  shortNames: [],
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults({ spec }) {
    if (!spec) return;
    spec.failurePolicy ??= 'Fail';
    setMatchResourcesDefaults(spec.matchConstraints);
  },
  prepareForCreate(policy) {
    policy.status = {};
    startGeneration(policy);
  },
  prepareForUpdate: bumpGeneration,
  validate: validatePolicy,
  validateStatusUpdate: ({ status }) =>
    (status?.typeChecking?.expressionWarnings ?? []).flatMap(({ fieldRef, warning }, index) => {
      const field = `status.typeChecking.expressionWarnings[${index}]`;
      return [
        ...(warning ? [] : [required(`${field}.warning`)]),
        ...((fieldRef as string | undefined)?.trim() ? [] : [required(`${field}.fieldRef`)]),
      ];
    }),
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'Validations',
      'integer',
      'Validations indicates the number of validation rules defined in this configuration',
      ({ spec }) => spec?.validations?.length ?? 0,
    ),
    column(
      'ParamKind',
      'string',
      'ParamKind specifies the kind of resources used to parameterize this policy',
      ({ spec }) => {
        const { apiVersion = '', kind = '' } = spec?.paramKind ?? {};
        return spec?.paramKind ? `${apiVersion}/${kind}` : '<unset>';
      },
    ),
    ageColumn(),
  ],
};

export const validatingAdmissionPolicyBindingKind: KindDefinition<ValidatingAdmissionPolicyBinding> = {
  type: VALIDATING_ADMISSION_POLICY_BINDINGS,
  singular: 'validatingadmissionpolicybinding',
  shortNames: [],
  categories: ['api-extensions'],
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  durability: 'durable',
  hasStatus: false,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults({ spec }) {
    setMatchResourcesDefaults(spec?.matchResources);
  },
  prepareForCreate: startGeneration,
  prepareForUpdate: bumpGeneration,
  validate: validateBinding,
  selectableFields: {},
  columns: [
    nameColumn(),
    column(
      'PolicyName',
      'string',
      'PolicyName indicates the policy definition which the policy binding binded to',
      ({ spec }) => spec?.policyName ?? '',
    ),
    column(
      'ParamRef',
      'string',
      'ParamRef indicates the param resource which sets the configration param',
      ({ spec }) => {
        if (!spec?.paramRef) return '<unset>';
        const { name = '', namespace } = spec.paramRef;
        return namespace ? `${namespace}/${name}` : name;
      },
    ),
    ageColumn(),
  ],
};
