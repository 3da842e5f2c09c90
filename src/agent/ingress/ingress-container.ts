import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { CONTAINER_LABELS } from '../../shared/agent-config.ts';

export const INGRESS_CONTAINER = 'wheelhouse-ingress';
/** Where the machine's folders are inside the container. */
export const IN_CONTAINER = { conf: '/etc/wheelhouse', log: '/var/log/wheelhouse', run: '/run' } as const;

export interface IngressContainerDeps {
  docker: Docker;
  /** The agent's own container, whose image has nginx. */
  agentContainer: string;
  clusterId: string;
  /** The machine's folders: configuration, which nginx only reads, and log. */
  confDir: string;
  logDir: string;
}

const statusOf = (error: unknown): number | undefined => (error as { statusCode?: number }).statusCode;

/** nginx in a container on the machine's network, made when there is something to serve. Docker keeps it running. */
export class IngressContainer {
  constructor(private readonly deps: IngressContainerDeps) {}

  async isRunning(): Promise<boolean> {
    try {
      return (await this.#container().inspect()).State.Running;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }

  /** Starts it with the configuration that is there; makes it first if need be. */
  async start(): Promise<void> {
    const { docker, clusterId, confDir, logDir } = this.deps;
    await this.remove();
    const { Image: image } = await docker.getContainer(this.deps.agentContainer).inspect();
    const container = await docker.createContainer({
      name: INGRESS_CONTAINER,
      Image: image,
      Entrypoint: ['/usr/sbin/nginx'],
      Cmd: ['-c', `${IN_CONTAINER.conf}/nginx.conf`, '-g', 'daemon off;'],
      Labels: { [CONTAINER_LABELS.cluster]: clusterId, [CONTAINER_LABELS.role]: 'ingress' },
      // nginx ends at once on SIGTERM; on SIGQUIT it finishes what it began.
      StopSignal: 'SIGQUIT',
      HostConfig: {
        NetworkMode: 'host',
        ReadonlyRootfs: true,
        Tmpfs: { [IN_CONTAINER.run]: 'mode=755' },
        Binds: [`${confDir}:${IN_CONTAINER.conf}:ro`, `${logDir}:${IN_CONTAINER.log}`],
        CapDrop: ['ALL'],
        CapAdd: ['NET_BIND_SERVICE', 'SETUID', 'SETGID', 'CHOWN', 'DAC_OVERRIDE', 'KILL'],
        SecurityOpt: ['no-new-privileges'],
        RestartPolicy: { Name: 'always' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
      },
    });
    await container.start();
  }

  async remove(): Promise<void> {
    try {
      await this.#container().remove({ force: true });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }

  /** What nginx finds wrong with a file of the configuration folder; undefined when it would take it. */
  async complaintAbout(file: string): Promise<string | undefined> {
    const { code, output } = await this.#exec(['/usr/sbin/nginx', '-t', '-q', '-c', `${IN_CONTAINER.conf}/${file}`]);
    return code === 0 ? undefined : firstComplaint(output);
  }

  /** Takes up the configuration; connections go on. */
  async reload(): Promise<void> {
    await this.#container().kill({ signal: 'SIGHUP' });
  }

  /** Opens the log anew, after the old one was moved. */
  async reopenLog(): Promise<void> {
    await this.#container().kill({ signal: 'SIGUSR1' });
  }

  #container(): Docker.Container {
    return this.deps.docker.getContainer(INGRESS_CONTAINER);
  }

  async #exec(command: string[]): Promise<{ code: number; output: string }> {
    const exec = await this.#container().exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    const merged = new PassThrough();
    this.deps.docker.modem.demuxStream(stream, merged, merged);
    stream.on('end', () => merged.end());
    let output = '';
    for await (const chunk of merged) output += String(chunk as Buffer);
    return { code: (await exec.inspect()).ExitCode ?? -1, output };
  }
}

/** `nginx: [emerg] unexpected "}" in …` without the words that are always the same. */
function firstComplaint(output: string): string {
  const line = output.split('\n').find((each) => /\[(emerg|alert|crit|error)\]/.test(each)) ?? output;
  return line
    .replace(/^.*?\[\w+\] /, '')
    .replace(/ in \/etc\/wheelhouse\/\S+$/, '')
    .trim();
}
