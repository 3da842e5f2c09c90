/** The formats of apimachinery `util/validation`: each function returns the complaints, in upstream's words. */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const WILDCARD = `\\*\\.${SUBDOMAIN}`;
const DNS1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
// Go's regular expressions know no lookahead; the printable range is upstream's relaxed rule for environment names.
const ENV_NAME = '[ -<>-~]+';

const anchored = (pattern: string): RegExp => new RegExp(`^${pattern}$`);
const LABEL_REGEXP = anchored(LABEL);
const WILDCARD_REGEXP = anchored(WILDCARD);
const DNS1035_REGEXP = anchored(DNS1035);
const SUBDOMAIN_REGEXP = anchored(SUBDOMAIN);
const QUALIFIED_REGEXP = anchored(QUALIFIED);
const LABEL_VALUE_REGEXP = anchored(LABEL_VALUE);
const CONFIG_KEY_REGEXP = anchored(CONFIG_KEY);
const ENV_NAME_REGEXP = anchored(ENV_NAME);
const PORT_NAME_CHARSET = /^[-a-z0-9]+$/;

const tooLong = (limit: number): string => `must be no more than ${limit} bytes`;
const bytesIn = (text: string): number => Buffer.byteLength(text);

/** `msg (e.g. 'a', or 'b', regex used for validation is '…')` */
function regexMessage(message: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${message} (${shown === '' ? '' : `e.g. ${shown}`}regex used for validation is '${pattern}')`;
}

/** RFC 1123 label: names of containers, volumes, namespaces. */
export function dns1123Label(value: string): string[] {
  const complaints: string[] = [];
  if (value.length > 63) complaints.push(tooLong(63));
  if (!LABEL_REGEXP.test(value)) {
    complaints.push(
      SUBDOMAIN_REGEXP.test(value)
        ? 'must not contain dots'
        : regexMessage(
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
            LABEL,
            'my-name',
            '123-abc',
          ),
    );
  }
  return complaints;
}

/** RFC 1035 label: names of Services, which become host names. */
export function dns1035Label(value: string): string[] {
  const complaints: string[] = [];
  if (value.length > 63) complaints.push(tooLong(63));
  if (!DNS1035_REGEXP.test(value)) {
    complaints.push(
      regexMessage(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
        DNS1035,
        'my-name',
        'abc-123',
      ),
    );
  }
  return complaints;
}

/** `*.` before an RFC 1123 subdomain: hosts of Ingresses. */
export function wildcardDns1123Subdomain(value: string): string[] {
  const complaints: string[] = [];
  if (value.length > 253) complaints.push(tooLong(253));
  if (!WILDCARD_REGEXP.test(value)) {
    complaints.push(
      regexMessage(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
        WILDCARD,
        '*.example.com',
      ),
    );
  }
  return complaints;
}

/** RFC 1123 subdomain: names of most objects. */
export function dns1123Subdomain(value: string): string[] {
  const complaints: string[] = [];
  if (value.length > 253) complaints.push(tooLong(253));
  if (!SUBDOMAIN_REGEXP.test(value)) {
    complaints.push(
      regexMessage(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
        SUBDOMAIN,
        'example.com',
      ),
    );
  }
  return complaints;
}

/** A name that is only a path segment of the URL (RBAC objects). */
export function pathSegment(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

/** `[prefix/]name`: keys of labels and annotations, taints, resources. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  const name = parts.at(-1) ?? '';
  const complaints: string[] = [];
  if (parts.length > 2) {
    return [
      `a qualified name ${regexMessage(QUALIFIED_MESSAGE, QUALIFIED, 'MyName', 'my.name', '123-abc')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') complaints.push('prefix part must be non-empty');
    else complaints.push(...dns1123Subdomain(prefix).map((complaint) => `prefix part ${complaint}`));
  }
  if (name === '') complaints.push('name part must be non-empty');
  else if (name.length > 63) complaints.push(`name part ${tooLong(63)}`);
  if (!QUALIFIED_REGEXP.test(name)) {
    complaints.push(`name part ${regexMessage(QUALIFIED_MESSAGE, QUALIFIED, 'MyName', 'my.name', '123-abc')}`);
  }
  return complaints;
}

const QUALIFIED_MESSAGE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

export function labelValue(value: string): string[] {
  const complaints: string[] = [];
  if (bytesIn(value) > 63) complaints.push(tooLong(63));
  if (!LABEL_VALUE_REGEXP.test(value)) {
    complaints.push(
      regexMessage(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        LABEL_VALUE,
        'MyValue',
        'my_value',
        '12345',
      ),
    );
  }
  return complaints;
}

/** Keys of a ConfigMap or Secret: they become file names. */
export function configMapKey(value: string): string[] {
  const complaints: string[] = [];
  if (value.length > 253) complaints.push(tooLong(253));
  if (!CONFIG_KEY_REGEXP.test(value)) {
    complaints.push(
      regexMessage(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        CONFIG_KEY,
        'key.name',
        'KEY_NAME',
        'key-name',
      ),
    );
  }
  if (value === '.') complaints.push("must not be '.'");
  else if (value === '..') complaints.push("must not be '..'");
  else if (value.startsWith('..')) complaints.push("must not start with '..'");
  return complaints;
}

/** Environment variable names, as relaxed in 1.34 (any printable ASCII but `=`). */
export function envVarName(value: string): string[] {
  if (ENV_NAME_REGEXP.test(value)) return [];
  return [
    regexMessage(
      "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ENV_NAME,
    ),
  ];
}

/** IANA service names: names of container ports. */
export function portName(value: string): string[] {
  const complaints: string[] = [];
  if (value.length > 15) complaints.push(tooLong(15));
  if (!PORT_NAME_CHARSET.test(value))
    complaints.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) complaints.push('must contain at least one letter (a-z)');
  if (value.includes('--')) complaints.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) complaints.push('must not begin or end with a hyphen');
  return complaints;
}

export const portNumber = (value: number): string[] =>
  value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];

const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*(\d+\.\d+\.\d+\.\d+)?$/;

export const ipAddress = (value: string): string[] =>
  IPV4.test(value) || IPV6.test(value) ? [] : ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'];

export function cidr(value: string): string[] {
  const [address = '', length = ''] = value.split('/');
  const longest = address.includes(':') ? 128 : 32;
  const valid = ipAddress(address).length === 0 && /^\d{1,3}$/.test(length) && Number(length) <= longest;
  return valid ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}
