import { noOpinion, type Attributes, type Authorizer, type Decision } from '../authorizer.ts';
import { ruleAllows } from './policy-rule.ts';
import { unresolved, type RuleResolver } from './rule-resolver.ts';
import { describeBinding, type Binding } from './subjects.ts';

/** Allows what a role that is bound to the user allows (upstream's RBACAuthorizer). Never denies. */
export class RbacAuthorizer implements Authorizer {
  constructor(private readonly resolver: Pick<RuleResolver, 'visit'>) {}

  authorize(attributes: Attributes): Promise<Decision> {
    let allowedBy: Binding | undefined;
    const errors = new Set<string>();
    this.resolver.visit(attributes.user, attributes.namespace, (binding, rules) => {
      if (!rules) errors.add(unresolved(binding.roleRef));
      else if (rules.some((rule) => ruleAllows(rule, attributes))) allowedBy = binding;
      return allowedBy === undefined;
    });
    if (allowedBy) {
      const reason = `RBAC: allowed by ${describeBinding(allowedBy, attributes.user)}`;
      return Promise.resolve({ verdict: 'allow', reason });
    }
    return Promise.resolve(noOpinion(errors.size === 0 ? '' : `RBAC: ${aggregate([...errors])}`));
  }
}

/** Several errors as one text (utilerrors.Aggregate). */
export const aggregate = (errors: readonly string[]): string =>
  errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
