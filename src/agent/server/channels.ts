import type { Status } from '../../shared/api/meta.ts';

/** Channel numbers of the remote command protocol over WebSocket (staging/src/k8s.io/apimachinery/pkg/util/remotecommand). */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;

/** Best first. v5 adds the close signal of a single channel (stdin's end). */
export const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

/** The protocol to speak with a client that offers these; undefined when there is none in common. */
export const chooseProtocol = (offered: Iterable<string>): string | undefined => {
  const set = new Set(offered);
  return PROTOCOLS.find((protocol) => set.has(protocol));
};

export function frame(channel: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(channel), bytes]);
}

/** What ends the error channel: success, or the command's exit code where kubectl looks for it. */
export function exitStatus(exitCode: number): Partial<Status> {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

export function failureStatus(message: string): Partial<Status> {
  return { metadata: {}, status: 'Failure', reason: 'InternalError', message, code: 500 };
}

/** The size in a resize frame; undefined for anything else. */
export function parseResize(bytes: Buffer): { w: number; h: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(bytes.toString('utf8')) as { Width?: unknown; Height?: unknown };
    return typeof Width === 'number' && typeof Height === 'number' && Width > 0 && Height > 0
      ? { w: Width, h: Height }
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
