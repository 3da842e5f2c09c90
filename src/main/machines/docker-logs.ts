import type Docker from 'dockerode';
import { statusCodeOf } from './docker-error.ts';

/** Splits Docker's multiplexed stream (an 8-byte header before each piece: stream number, 3 zeros, length) into its text. */
export function demultiplex(raw: Buffer): string {
  const pieces: Buffer[] = [];
  let at = 0;
  while (at + 8 <= raw.length) {
    const length = raw.readUInt32BE(at + 4);
    pieces.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** The last lines a container wrote to stdout and stderr; empty when there is no such container. */
export async function tailOf(docker: Docker, container: string, lines: number): Promise<string> {
  try {
    return demultiplex(await docker.getContainer(container).logs({ stdout: true, stderr: true, tail: lines }));
  } catch (error) {
    if (statusCodeOf(error) === 404) return '';
    throw error;
  }
}
