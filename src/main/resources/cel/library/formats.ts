import { Optional, type Environment } from '@marcbachmann/cel-js';
import { dns1035Label, dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../../validation/names.ts';
import { formatComplaints } from '../../custom/formats.ts';
import type { Declare } from './declare.ts';

const TYPE = 'kubernetes.NamedFormat';

/** A format by name: `format.dns1123Label()`. */
class NamedFormat {
  constructor(
    readonly name: string,
    readonly complaints: (text: string) => string[],
  ) {}

  equals(other: unknown): boolean {
    return other instanceof NamedFormat && other.name === this.name;
  }
}

/** What a generated name begins with: a dash may end it. */
const asPrefix =
  (rule: (text: string) => string[]) =>
  (text: string): string[] =>
    rule(text.endsWith('-') ? `${text.slice(0, -1)}a` : text);

const FORMATS: Readonly<Record<string, (text: string) => string[]>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  dns1123LabelPrefix: asPrefix(dns1123Label),
  dns1123SubdomainPrefix: asPrefix(dns1123Subdomain),
  dns1035LabelPrefix: asPrefix(dns1035Label),
  qualifiedName,
  labelValue,
  uri: (text) => formatComplaints('uri', text),
  uuid: (text) => formatComplaints('uuid', text),
  byte: (text) => formatComplaints('byte', text),
  date: (text) => formatComplaints('date', text),
  datetime: (text) => formatComplaints('datetime', text),
};

/** Kubernetes' `format` library; `namespace` is the type of `format` before the dot. */
export function declareFormats(declare: Declare, environment: Environment, namespace: string): void {
  const named = new Map(Object.entries(FORMATS).map(([name, rule]) => [name, new NamedFormat(name, rule)]));
  environment.registerType(TYPE, NamedFormat);
  environment.registerOperator(`${TYPE} == ${TYPE}`, (a: NamedFormat, b: NamedFormat) => a.equals(b));
  declare(`${namespace}.named(string): optional<${TYPE}>`, (_format: unknown, name: string) =>
    Optional.of(named.get(name)),
  );
  for (const [name, format] of named) declare(`${namespace}.${name}(): ${TYPE}`, () => format);
  declare(`${TYPE}.validate(string): optional<list<string>>`, (format: NamedFormat, text: string) => {
    const complaints = format.complaints(text);
    return complaints.length === 0 ? Optional.none() : Optional.of(complaints);
  });
}
