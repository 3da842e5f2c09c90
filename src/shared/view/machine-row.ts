import { MACHINE_PHASES, type Machine } from '../api/machine.ts';
import { rowBase } from './row-base.ts';
import type { MachineRow, StateKind, StateView } from './rows.ts';

/** A Machine as a list shows it. */
export function machineRow(machine: Machine): MachineRow {
  const { spec, status } = machine;
  const { phase, message } = step(machine);
  const port = spec?.port ?? 22;
  const local = spec?.connection === 'Local';
  return {
    resource: 'machines',
    ...rowBase(machine),
    state: machineState(machine, message),
    address: local ? 'this computer' : `${spec?.host ?? ''}${port === 22 ? '' : `:${port}`}`,
    user: local ? '' : (spec?.user ?? 'root'),
    nodeName: status?.nodeName ?? spec?.nodeName ?? machine.metadata?.name ?? '',
    phase,
    message,
  };
}

/** The first phase that has not passed, and what was said of it; the last one when all have. */
function step({ status }: Machine): { phase: string; message: string } {
  const conditions = status?.conditions ?? [];
  const of = (type: string) => conditions.find((condition) => condition.type === type);
  const phase = MACHINE_PHASES.find((type) => of(type)?.status !== 'True') ?? 'NodeReady';
  return { phase, message: of(phase)?.message ?? '' };
}

const KINDS: Record<string, StateKind> = {
  Joining: 'working',
  WaitingForConsent: 'waiting',
  Ready: 'healthy',
  Failed: 'failing',
  Disconnected: 'unknown',
  Removing: 'working',
};

function machineState(machine: Machine, message: string): StateView {
  const word = machine.metadata?.deletionTimestamp ? 'Removing' : (machine.status?.phase ?? 'Joining');
  const kind = KINDS[word] ?? 'unknown';
  if (word === 'Ready') return { kind, word };
  if (word === 'WaitingForConsent')
    return { kind, word, sentence: message || 'Compare the key the machine shows, then accept it.' };
  if (word === 'Disconnected')
    return { kind, word, sentence: message || 'The machine cannot be reached; what runs on it goes on running.' };
  const conditions = machine.status?.conditions ?? [];
  const passed = MACHINE_PHASES.filter((type) =>
    conditions.some((each) => each.type === type && each.status === 'True'),
  );
  return {
    kind,
    word,
    ...(message ? { sentence: message } : {}),
    ...(word === 'Joining' ? { progress: passed.length / MACHINE_PHASES.length } : {}),
  };
}
