import type { ContainerStatus } from '../../../../../shared/api/kinds.ts';

/** How a run of a container ended, as its status tells it. */
export type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** What is known of exit codes by convention of the shell and of the kernel. */
const MEANING: Record<number, string> = {
  0: 'the command finished by itself',
  1: 'the program ended with an error of its own',
  2: 'the shell was misused, or a Go program panicked',
  126: 'the command was found but may not be executed',
  127: 'the command was not found in the image',
  128: 'the container could not be started',
  129: 'ended by SIGHUP',
  130: 'interrupted (SIGINT)',
  131: 'ended by SIGQUIT',
  132: 'illegal instruction (SIGILL): the processor lacks one the program uses',
  134: 'aborted itself (SIGABRT)',
  135: 'bus error (SIGBUS), often a full /dev/shm',
  136: 'arithmetic error (SIGFPE)',
  137: 'killed (SIGKILL)',
  139: 'memory fault (SIGSEGV)',
  141: 'wrote to a closed pipe (SIGPIPE)',
  143: 'asked to stop (SIGTERM)',
  159: 'a system call was refused (SIGSYS)',
  255: 'ended with the code for any error, or the runtime lost it',
};

/** What an end means, in a clause: "killed because it used more memory than its limit". Empty when nothing is known. */
export function exitMeaning(terminated: Pick<Terminated, 'exitCode' | 'reason' | 'signal'>): string {
  if (terminated.reason === 'OOMKilled') return 'killed because it used more memory than its limit';
  if (terminated.reason === 'ContainerStatusUnknown') return 'lost sight of: its node or its runtime went away';
  if (terminated.signal) return `ended by signal ${terminated.signal}`;
  return (
    MEANING[terminated.exitCode] ?? (terminated.exitCode > 128 ? `ended by signal ${terminated.exitCode - 128}` : '')
  );
}

/** How long a run lasted, in ms; undefined when one of its ends is not known. */
export function ranForMs(terminated: Pick<Terminated, 'startedAt' | 'finishedAt'>): number | undefined {
  const started = Date.parse(terminated.startedAt ?? '');
  const ran = Date.parse(terminated.finishedAt ?? '') - started;
  // A container that never started carries the zero time.
  return Number.isNaN(ran) || started <= 0 || ran < 0 ? undefined : ran;
}
