import type { PreflightCheck } from '../../../shared/api/machine.ts';
import { PhaseError } from '../phase-error.ts';
import { addressRanges, firewall, hostname, leftovers } from './cluster-checks.ts';
import { dockerAccess, dockerInstalled } from './docker-checks.ts';
import type { Check, Findings } from './check.ts';
import { architecture, cgroups, clock, disk, kernel, memory, sudo } from './system-checks.ts';

const CHECKS: readonly Check[] = [
  architecture,
  kernel,
  cgroups,
  dockerInstalled,
  dockerAccess,
  sudo,
  disk,
  memory,
  clock,
  hostname,
  addressRanges,
  leftovers,
  firewall,
];

/** Without these nothing works, also on a machine that is already a node. */
const ESSENTIAL = new Set(['architecture', 'docker', 'docker-access']);

/** Every check, in the order they are shown. */
export function judge(findings: Findings): PreflightCheck[] {
  return CHECKS.map((check) => check(findings));
}

/**
 * A node that is already joined is not cut off because its disk has filled up meanwhile: there, all but the essential
 * failures are warnings.
 */
export function soften(checks: PreflightCheck[], alreadyJoined: boolean): PreflightCheck[] {
  if (!alreadyJoined) return checks;
  return checks.map((check) =>
    check.result === 'fail' && !ESSENTIAL.has(check.name) ? { ...check, result: 'warn' } : check,
  );
}

/** The failure that the checks add up to, or undefined when the machine may join. */
export function failureOf(checks: PreflightCheck[], output: string): PhaseError | undefined {
  const failed = checks.filter(({ result }) => result === 'fail');
  const [first] = failed;
  if (!first) return undefined;
  return new PhaseError({
    phase: 'PreflightPassed',
    reason: REASONS[first.name] ?? 'CheckFailed',
    message: failed.map(({ message, fix }) => [message, fix].filter(Boolean).join(' ')).join(' '),
    output,
    facts: { preflight: checks },
    // A daemon that is being restarted comes back by itself.
    transient: failed.every(({ name }) => name === 'docker' || name === 'docker-access'),
  });
}

const REASONS: Record<string, string> = {
  architecture: 'WrongArchitecture',
  kernel: 'KernelTooOld',
  cgroups: 'CgroupsMissing',
  docker: 'DockerMissing',
  'docker-access': 'DockerNotAccessible',
  disk: 'DiskFull',
  memory: 'NotEnoughMemory',
  clock: 'ClockSkew',
  hostname: 'HostnameClash',
  cidr: 'AddressesOverlap',
  leftovers: 'Leftovers',
};

/** One line for the condition of a machine that passed. */
export function summaryOf(checks: PreflightCheck[]): string {
  const warnings = checks.filter(({ result }) => result === 'warn');
  if (warnings.length === 0) return `${checks.length} checks passed.`;
  return `${checks.length - warnings.length} checks passed, ${warnings.length} with a warning: ${warnings.map(({ message }) => message).join(' ')}`;
}
