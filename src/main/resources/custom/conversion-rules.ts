import type { CustomResourceDefinitionSpec } from '../../../shared/api/custom-resource-definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../validation/fields.ts';

const PATH = 'spec.conversion';
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

/**
 * Rules of `spec.conversion`. No conversion webhook is called: a definition that has one is taken as long as there is
 * nothing to convert, one version that is served and stored.
 */
export function conversionErrors({ conversion, versions }: CustomResourceDefinitionSpec): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  if (!strategy) return [required(`${PATH}.strategy`)];
  if (strategy === 'None')
    return webhook ? [forbiddenField(`${PATH}.webhook`, 'should not be set when strategy is not set to Webhook')] : [];
  if (strategy !== 'Webhook') return [notSupported(`${PATH}.strategy`, strategy, ['None', 'Webhook'])];
  const several = versions.filter(({ served, storage }) => served || storage).length > 1;
  return [
    ...(several
      ? [
          forbiddenField(
            `${PATH}.strategy`,
            'conversion webhooks are not supported by this server: serve one version, or use strategy None',
          ),
        ]
      : []),
    ...clientErrors(webhook?.clientConfig),
    ...reviewVersionErrors(webhook?.conversionReviewVersions ?? []),
  ];
}

type ClientConfig = NonNullable<
  NonNullable<NonNullable<CustomResourceDefinitionSpec['conversion']>['webhook']>['clientConfig']
>;

function clientErrors(config: ClientConfig | undefined): FieldError[] {
  const field = `${PATH}.webhookClientConfig`;
  if (!config) return [required(field, 'required when strategy is set to Webhook')];
  if ((config.url === undefined) === (config.service === undefined))
    return [required(field, 'exactly one of url or service is required')];
  if (config.url !== undefined && !/^https:\/\/[^/?#]+/.test(config.url))
    return [
      invalidValue(
        `${field}.url`,
        config.url,
        "'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ),
    ];
  const { service } = config;
  return [
    ...(service && !service.name ? [required(`${field}.service.name`, 'service name is required')] : []),
    ...(service && !service.namespace ? [required(`${field}.service.namespace`, 'service namespace is required')] : []),
  ];
}

function reviewVersionErrors(versions: readonly string[]): FieldError[] {
  const field = `${PATH}.conversionReviewVersions`;
  if (versions.length === 0) return [required(field)];
  return [
    ...versions.flatMap((version, index) =>
      versions.indexOf(version) < index ? [invalidValue(`${field}[${index}]`, version, 'duplicate version')] : [],
    ),
    ...(versions.some((version) => REVIEW_VERSIONS.includes(version))
      ? []
      : [invalidValue(field, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`)]),
  ];
}
