import { request } from 'node:http';
import { messageOf } from '../../shared/api/errors.ts';

const SOCKET = '/var/run/docker.sock';

/** Whether this computer's own Docker could become a node, and if not, a sentence why. Never throws. */
export async function findLocalDocker(platform: NodeJS.Platform): Promise<{ available: boolean; reason?: string }> {
  if (platform !== 'linux') {
    return {
      available: false,
      reason:
        'Docker on this system runs inside a virtual machine that pods could not be reached in; add a Linux machine over SSH.',
    };
  }
  try {
    await ping();
    return { available: true };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ECONNREFUSED')
      return { available: false, reason: 'Docker is not running on this computer.' };
    if (code === 'EACCES')
      return {
        available: false,
        reason: 'This account may not use Docker; add it to the group docker and sign in again.',
      };
    return { available: false, reason: `Docker on this computer does not answer: ${messageOf(error)}` };
  }
}

function ping(): Promise<void> {
  return new Promise((resolve, reject) => {
    const question = request({ socketPath: SOCKET, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`it answered with status ${String(response.statusCode)}`));
    });
    question.on('timeout', () => question.destroy(new Error('it did not answer within 2 s')));
    question.on('error', reject);
    question.end();
  });
}
