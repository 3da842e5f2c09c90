import { OBJECT_META, refTo, type Schema } from './schema.ts';

const text = (description: string): Schema => ({ description, type: 'string' });
const integer = (description: string, limits: Pick<Schema, 'minimum' | 'maximum'> = {}): Schema => ({
  description,
  type: 'integer',
  format: 'int32',
  ...limits,
});
const list = (description: string, items: Schema): Schema => ({ description, type: 'array', items });
const object = (description: string, properties: Record<string, Schema>, required: string[] = []): Schema => ({
  description,
  type: 'object',
  properties,
  ...(required.length > 0 ? { required } : {}),
});
const described = (description: string, name: string): Schema => ({ description, allOf: [refTo(name)] });

const PREFIX = 'dev.wheelhouse.machines.v1alpha1.';

/** Name of the schema of a Machine, in the form upstream gives to custom resources. */
export const MACHINE_SCHEMA = `${PREFIX}Machine`;

/** Schemas of `machines.wheelhouse.dev/v1alpha1`, written by hand: `shared/api/machine.ts` is the same in TypeScript. */
export const MACHINE_SCHEMAS: Readonly<Record<string, Schema>> = {
  [MACHINE_SCHEMA]: {
    ...object(
      'Machine is a computer that is, or is to become, a node of the cluster. Creating one starts joining it over SSH; deleting it drains the node and removes what was installed.',
      {
        apiVersion: text(
          'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.',
        ),
        kind: text(
          'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase.',
        ),
        metadata: described(
          "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
          OBJECT_META,
        ),
        spec: described('How to reach the machine and what its node is to be like.', `${PREFIX}MachineSpec`),
        status: described('How far joining has come and what was found on the way.', `${PREFIX}MachineStatus`),
      },
      ['spec'],
    ),
    'x-kubernetes-group-version-kind': [{ group: 'machines.wheelhouse.dev', version: 'v1alpha1', kind: 'Machine' }],
  },
  [`${PREFIX}MachineSpec`]: object(
    'MachineSpec says how to reach a machine and what its node is to be like.',
    {
      host: text('Name or IP address to connect to.'),
      connection: {
        ...text("How to reach it: SSH (the default), or Local for this computer's own Docker socket."),
        enum: ['SSH', 'Local'],
        default: 'SSH',
      },
      port: { ...integer('Port of the SSH server. Defaults to 22.', { minimum: 1, maximum: 65535 }), default: 22 },
      user: { ...text('User to log in as. Defaults to root.'), default: 'root' },
      credentialRef: described(
        'Secret of type wheelhouse.dev/ssh with privateKey and passphrase, or password. Without one, the SSH agent and the default keys are tried.',
        `${PREFIX}SecretReference`,
      ),
      hostKeySha256: {
        ...text(
          'The host key that has been agreed to, as OpenSSH prints it (SHA256:...). A machine that shows another key is refused.',
        ),
        pattern: '^SHA256:[A-Za-z0-9+/]{43}$',
      },
      jump: described('The machine to connect through, for one that is not directly reachable.', `${PREFIX}JumpHost`),
      nodeName: text("Name of the Node. Defaults to the Machine's own name."),
      labels: {
        description: 'Labels the Node gets when it registers.',
        type: 'object',
        additionalProperties: { type: 'string' },
      },
      docker: described("What may be changed in the machine's Docker.", `${PREFIX}DockerConsent`),
      taints: list('Taints the Node gets when it registers.', refTo('io.k8s.api.core.v1.Taint')),
    },
    ['host'],
  ),
  [`${PREFIX}DockerConsent`]: object("DockerConsent is what the user agrees to have changed in a machine's Docker.", {
    liveRestore: {
      description:
        'Switch live-restore on in daemon.json, so that pods live through restarts and upgrades of Docker. Taken back when the machine is removed.',
      type: 'boolean',
    },
  }),
  [`${PREFIX}SecretReference`]: object(
    'SecretReference names a Secret.',
    { namespace: text('Namespace of the Secret.'), name: text('Name of the Secret.') },
    ['namespace', 'name'],
  ),
  [`${PREFIX}JumpHost`]: object(
    'JumpHost is one hop on the way to a machine.',
    {
      host: text('Name or IP address of the hop.'),
      port: { ...integer('Port of its SSH server. Defaults to 22.', { minimum: 1, maximum: 65535 }), default: 22 },
      user: text('User to log in as.'),
      credentialRef: described('Secret with the credentials of the hop.', `${PREFIX}SecretReference`),
      hostKeySha256: {
        ...text('The host key of the hop that has been agreed to, as OpenSSH prints it (SHA256:...).'),
        pattern: '^SHA256:[A-Za-z0-9+/]{43}$',
      },
    },
    ['host', 'user'],
  ),
  [`${PREFIX}MachineStatus`]: object('MachineStatus says how far joining has come.', {
    conditions: list(
      'One condition a phase: Reachable, HostKeyVerified, Authenticated, PreflightPassed, AgentInstalled, NodeReady.',
      refTo('io.k8s.apimachinery.pkg.apis.meta.v1.Condition'),
    ),
    phase: {
      ...text('A summary of the conditions.'),
      enum: ['Joining', 'WaitingForConsent', 'Ready', 'Failed', 'Disconnected', 'Removing'],
    },
    observedHostKeySha256: text('The host key the machine showed, also while it is not yet trusted.'),
    authenticationTried: list(
      'Authentication methods in the order they were tried.',
      refTo(`${PREFIX}AuthenticationAttempt`),
    ),
    preflight: list('What preflight found, one entry a check.', refTo(`${PREFIX}PreflightCheck`)),
    lastOutput: text('What the machine itself said at the step that failed.'),
    nodeName: text('Name of the Node this machine is.'),
    addresses: list('Addresses found on the machine.', { type: 'string' }),
    agentVersion: text('Version of the node agent that runs there.'),
    observedGeneration: {
      description: 'The generation of the Machine that this status is about.',
      type: 'integer',
      format: 'int64',
    },
    lastConnectedTime: described('When the SSH connection was last up.', 'io.k8s.apimachinery.pkg.apis.meta.v1.Time'),
  }),
  [`${PREFIX}AuthenticationAttempt`]: object(
    'AuthenticationAttempt is one SSH authentication method that was tried.',
    {
      method: text('Name of the method: publickey, password, keyboard-interactive, agent.'),
      detail: text('Which key, or why it could not be tried.'),
      outcome: { ...text('What came of it.'), enum: ['accepted', 'refused', 'unavailable'] },
    },
    ['method', 'outcome'],
  ),
  [`${PREFIX}PreflightCheck`]: object(
    'PreflightCheck is one fact that preflight looked at.',
    {
      name: text('Stable name of the check.'),
      result: { ...text('Whether it stands in the way of joining.'), enum: ['ok', 'warn', 'fail'] },
      message: text('What was found.'),
      fix: text('What to do about a warning or failure.'),
    },
    ['name', 'result', 'message'],
  ),
};
