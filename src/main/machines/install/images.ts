import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { statusCodeOf } from '../docker-error.ts';

/** A Docker archive on this computer and the reference that `docker load` gives it. */
export interface ImageArtifact {
  path: string;
  reference: string;
}

/** How often progress is told at most. */
const PROGRESS_INTERVAL_MS = 500;

/** Whether the machine has an image by this reference. */
export async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if (statusCodeOf(error) === 404) return false;
    throw error;
  }
}

/**
 * Sends the image unless the machine has it: references are made from the content, so that the name is enough to tell.
 * Returns whether it was sent. `progress` hears bytes sent and their total.
 */
export async function ensureImage(
  docker: Docker,
  artifact: ImageArtifact,
  progress: (sent: number, total: number) => void,
  signal: AbortSignal,
): Promise<boolean> {
  if (await hasImage(docker, artifact.reference)) return false;
  const { size } = await stat(artifact.path);
  let sent = 0;
  let toldAt = -Infinity;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      const now = performance.now();
      if (now - toldAt >= PROGRESS_INTERVAL_MS) {
        toldAt = now;
        progress(sent, size);
      }
      done(null, chunk);
    },
  });
  // Large pieces: fewer SSH packets wait for each other.
  const file = createReadStream(artifact.path, { highWaterMark: 256 * 1024, signal });
  file.on('error', (error) => meter.destroy(error));
  const answer = await docker.loadImage(file.pipe(meter), { quiet: true });
  const said = await text(answer);
  const failure = errorIn(said);
  if (failure !== undefined) throw new Error(`Docker could not load ${artifact.reference}: ${failure}`);
  if (!(await hasImage(docker, artifact.reference))) {
    throw new Error(`Docker took ${artifact.path} but has no ${artifact.reference} after it`);
  }
  return true;
}

/** Docker answers 200 at once and tells errors as a JSON line in the stream. */
export function errorIn(stream: string): string | undefined {
  for (const line of stream.split('\n')) {
    if (!line.trim().startsWith('{')) continue;
    const message = JSON.parse(line) as { error?: string; errorDetail?: { message?: string } };
    const error = message.errorDetail?.message ?? message.error;
    if (error !== undefined) return error;
  }
  return undefined;
}
