import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a join sends to a machine, made by `npm run build` (scripts/agent-image.mjs, scripts/build-agent.mjs). */
export interface Artifacts {
  agentImage(): Promise<{ path: string; reference: string }>;
  pauseImage(): Promise<{ path: string; reference: string }>;
  agentBundle(): Promise<{ path: string; version: string }>;
}

interface ImageRecord {
  file: string;
  tag: string;
}

/** Artifacts in the build's output folder; each call throws a sentence when that one was not built. */
export function artifactsIn(outDir: string): Artifacts {
  const image = async (which: 'agent' | 'pause'): Promise<{ path: string; reference: string }> => {
    let record: Record<'agent' | 'pause', ImageRecord>;
    try {
      record = JSON.parse(await readFile(join(outDir, 'agent-image.json'), 'utf8')) as typeof record;
    } catch (error) {
      throw new Error('this build of Wheelhouse has no agent image: run npm run build on a Debian-like Linux', {
        cause: error,
      });
    }
    return { path: join(outDir, record[which].file), reference: record[which].tag };
  };
  return {
    agentImage: () => image('agent'),
    pauseImage: () => image('pause'),
    agentBundle: async () => {
      const path = join(outDir, 'agent', 'agent.cjs');
      // The version is what the file is: an edited bundle is another version, and machines are brought up to it.
      const version = createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
        .slice(0, 12);
      return { path, version };
    },
  };
}
