import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { StartError } from './start-error.ts';

const kubeconfigShape = z.object({
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.url(), 'certificate-authority-data': z.string() }) })]),
  users: z.tuple([
    z.object({ user: z.object({ 'client-certificate-data': z.string(), 'client-key-data': z.string() }) }),
  ]),
});

/**
 * One request to the control plane that runs on a data directory, as its administrator. Resolves with the body of the
 * answer. Throws StartError when none answers, or when it answers with anything but success.
 */
export async function callRunning(
  dataDir: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<AsyncIterable<Uint8Array>> {
  const file = join(dataDir, 'admin.kubeconfig');
  const none = (reason: string): StartError =>
    new StartError(`no control plane could be asked about --data-dir ${dataDir}: ${reason}`);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw none(error.code === 'ENOENT' ? `there is no ${file}` : error.message);
  });
  const kubeconfig = kubeconfigShape.safeParse(parse(text));
  if (!kubeconfig.success) throw none(`${file} is not as we wrote it`);
  const [{ cluster }] = kubeconfig.data.clusters;
  const [{ user }] = kubeconfig.data.users;
  const pem = (base64: string): Buffer => Buffer.from(base64, 'base64');
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      new URL(path, cluster.server),
      {
        method,
        ca: pem(cluster['certificate-authority-data']),
        cert: pem(user['client-certificate-data']),
        key: pem(user['client-key-data']),
        headers: body ? { 'content-type': 'application/json' } : {},
      },
      resolve,
    );
    sent.on('error', (error) => reject(none(error.message)));
    sent.end(body && JSON.stringify(body));
  });
  if (answer.statusCode === 200) return answer;
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const said = z.object({ message: z.string() }).safeParse(tryJson(Buffer.concat(chunks).toString()));
  throw new StartError(`the control plane answered ${answer.statusCode}: ${said.data?.message ?? 'no reason given'}`);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A refusal in plain text has its status for a reason.
    return undefined;
  }
}
