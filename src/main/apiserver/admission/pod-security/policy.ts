import type { FieldError } from '../../../resources/validation/field-error.ts';
import { invalidValue } from '../../../resources/validation/fields.ts';

export const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
export type Level = (typeof LEVELS)[number];

/** The minor version of Kubernetes whose rules hold; `latest` for the newest. */
export type PolicyVersion = 'latest' | number;

export interface LevelVersion {
  level: Level;
  version: PolicyVersion;
}

export interface Policy {
  enforce: LevelVersion;
  audit: LevelVersion;
  warn: LevelVersion;
}

type Mode = keyof Policy;
type Labels = Readonly<Record<string, string>> | undefined;

const PREFIX = 'pod-security.kubernetes.io/';
const FREE: LevelVersion = { level: 'privileged', version: 'latest' };
const NO_LABELS = { policy: { enforce: FREE, audit: FREE, warn: FREE }, errors: [] };

/** `restricted:latest`, `baseline:v1.30`. */
export const printLevelVersion = ({ level, version }: LevelVersion): string =>
  `${level}:${version === 'latest' ? version : `v1.${version}`}`;

/** How strict a level is. */
export const strictness = (level: Level): number => LEVELS.indexOf(level);

/**
 * What a namespace's labels ask for, always something valid (api.PolicyToEvaluate): an unknown level is enforced as
 * restricted, and neither audited nor warned about; an unknown version is the latest. Audit and warn follow a
 * stricter enforced level unless they have labels of their own.
 */
export function policyOf(labels: Labels): { policy: Policy; errors: FieldError[] } {
  if (!labels) return NO_LABELS;
  const errors: FieldError[] = [];
  const complain = (label: string, detail: string): void =>
    void errors.push(invalidValue(`metadata.labels[${label}]`, labels[label], detail));

  const levelOf = (mode: Mode): Level | undefined => {
    const label = PREFIX + mode;
    const value = labels[label];
    if (value === undefined) return undefined;
    if ((LEVELS as readonly string[]).includes(value)) return value as Level;
    complain(label, `must be one of ${LEVELS.join(', ')}`);
    return mode === 'enforce' ? 'restricted' : 'privileged';
  };
  const versionOf = (mode: Mode): PolicyVersion | undefined => {
    const label = `${PREFIX}${mode}-version`;
    const value = labels[label];
    if (value === undefined || value === 'latest') return value;
    const minor = /^v1\.(0|[1-9]\d*)$/.exec(value)?.[1];
    if (minor !== undefined) return Number(minor);
    complain(label, 'must be "latest" or "v1.x"');
    return 'latest';
  };
  const read = (mode: Mode): Partial<LevelVersion> => {
    const level = levelOf(mode);
    const version = versionOf(mode);
    return { ...(level ? { level } : {}), ...(version === undefined ? {} : { version }) };
  };

  const enforced = read('enforce');
  const isEnforceValid = enforced.level !== undefined && errors.every(({ field }) => !field.endsWith('/enforce]'));
  const enforce = { ...FREE, ...enforced };
  const follow = (mode: 'audit' | 'warn'): LevelVersion => {
    const own = read(mode);
    return own.level === undefined && isEnforceValid && enforce.level !== 'privileged'
      ? { ...enforce, ...own }
      : { ...FREE, ...own };
  };
  return { policy: { enforce, audit: follow('audit'), warn: follow('warn') }, errors };
}
