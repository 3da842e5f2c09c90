import { MACHINES } from '../../../shared/api/kinds.ts';
import type { Machine } from '../../../shared/api/machine.ts';
import { ageColumn, column, nameColumn, wideColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import { MACHINE_SCHEMA } from '../schema/machine-schema.ts';
import { bumpGeneration, startGeneration } from '../strategy.ts';
import { validateAgainstSchema } from '../validation/against-schema.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, invalidValue } from '../validation/fields.ts';
import { validateLabels } from '../validation/metadata.ts';
import { dns1123Subdomain } from '../validation/names.ts';
import { validateTaints } from '../validation/taints.ts';

/** A name or address as it goes onto an SSH connection: no spaces, no option-like start, no user or port in it. */
const HOST = /^[A-Za-z0-9:[][A-Za-z0-9._:%[\]-]*$/;

function validateHost(host: string | undefined, field: string): FieldError[] {
  if (host === undefined || HOST.test(host)) return [];
  return [invalidValue(field, host, 'must be a host name or an IP address, without user, port or scheme')];
}

function validateMachine(machine: Machine): FieldError[] {
  const { spec } = machine;
  return [
    ...validateAgainstSchema(MACHINE_SCHEMA, machine),
    ...validateHost(spec?.host, 'spec.host'),
    ...validateHost(spec?.jump?.host, 'spec.jump.host'),
    ...(spec?.nodeName ? complaintsAbout('spec.nodeName', spec.nodeName, dns1123Subdomain(spec.nodeName)) : []),
    ...validateLabels('spec.labels', spec?.labels),
    ...validateTaints(spec?.taints ?? [], 'spec.taints'),
  ];
}

export const machineKind: KindDefinition<Machine> = {
  type: MACHINES,
  singular: 'machine',
  shortNames: ['mach'],
  categories: [],
  schema: MACHINE_SCHEMA,
  durability: 'durable',
  custom: true,
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults({ spec }) {
    if (!spec) return;
    spec.connection ??= 'SSH';
    spec.port ??= 22;
    spec.user ||= 'root';
    if (spec.jump) spec.jump.port ??= 22;
  },
  prepareForCreate(machine) {
    delete machine.status;
    startGeneration(machine);
  },
  prepareForUpdate: bumpGeneration,
  validate: validateMachine,
  validateStatusUpdate: (machine) => validateAgainstSchema(MACHINE_SCHEMA, machine),
  selectableFields: {
    'spec.host': (machine) => machine.spec?.host ?? '',
    'status.phase': (machine) => machine.status?.phase ?? '',
    'status.nodeName': (machine) => machine.status?.nodeName ?? '',
  },
  columns: [
    nameColumn(),
    column('Host', 'string', 'Name or IP address to connect to.', (machine) => machine.spec?.host ?? ''),
    column('User', 'string', 'User to log in as.', (machine) => machine.spec?.user ?? ''),
    column('Phase', 'string', 'How far joining has come.', (machine) => machine.status?.phase ?? ''),
    column('Node', 'string', 'Name of the Node this machine is.', (machine) => machine.status?.nodeName ?? ''),
    ageColumn(),
    wideColumn('Message', 'string', 'What the first condition that does not hold says.', (machine) => {
      const failing = machine.status?.conditions?.find(({ status }) => status !== 'True');
      return failing?.message ?? '';
    }),
  ],
};
