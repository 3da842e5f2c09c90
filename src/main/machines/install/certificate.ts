import { X509Certificate } from 'node:crypto';
import type Docker from 'dockerode';
import { extract } from 'tar-stream';
import { AGENT_CONTAINER, MACHINE_DIR } from '../../../shared/agent-config.ts';
import type { Clock } from '../../../shared/logger.ts';
import { runInContainer } from '../run-in-container.ts';
import { statusCodeOf } from '../docker-error.ts';
import { PATHS } from '../footprint.ts';
import { certificateFiles, type NodeCertificate } from './agent-files.ts';
import { archiveOf } from './archive.ts';

/** When a certificate (PEM) is due for renewal, in ms since the epoch: at two thirds of its life, as kubelet does (70 to 90 %). */
export function renewalTime(pem: string): number {
  const certificate = new X509Certificate(pem);
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  return from + ((to - from) * 2) / 3;
}

/** The certificate that the machine holds, PEM; undefined when it has none that can be read. */
export async function readCertificate(docker: Docker): Promise<string | undefined> {
  try {
    const archive = await docker.getContainer(AGENT_CONTAINER).getArchive({ path: PATHS.certificate });
    return await firstFileOf(archive);
  } catch (error) {
    if (statusCodeOf(error) === 404) return undefined;
    throw error;
  }
}

async function firstFileOf(archive: NodeJS.ReadableStream): Promise<string | undefined> {
  const unpacked = extract();
  archive.on('error', (error) => unpacked.destroy(error));
  archive.pipe(unpacked);
  for await (const entry of unpacked) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }
  return undefined;
}

/** Puts a new certificate in place while the agent runs: written beside it, then moved, so that no half file is ever read. */
export async function replaceCertificate(docker: Docker, issued: NodeCertificate, clock: Clock): Promise<void> {
  const incoming = `${PATHS.agentDir}/incoming`;
  const container = docker.getContainer(AGENT_CONTAINER);
  const files = certificateFiles(issued, incoming);
  const folder = { path: 'agent/incoming', directory: true, mode: 0o700, uid: 0 } as const;
  await container.putArchive(await archiveOf([folder, ...files], new Date(clock.now())), { path: MACHINE_DIR });
  const result = await runInContainer(container, [
    'busybox',
    'sh',
    '-c',
    `mv ${incoming}/* ${PATHS.agentDir}/ && rmdir ${incoming}`,
  ]);
  if (result.code !== 0) throw new Error(`the new certificate could not be put in place: ${result.output}`);
}
