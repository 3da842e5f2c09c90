import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MACHINE_ROOT } from '../volumes/host-path.ts';

/** Whether the machine's kernel can enforce AppArmor profiles. */
export async function appArmorEnabled(): Promise<boolean> {
  try {
    const enabled = await readFile(join(MACHINE_ROOT, 'sys/module/apparmor/parameters/enabled'), 'utf8');
    return enabled.trim() === 'Y';
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'EACCES'].includes(String(error.code))) return false;
    throw error;
  }
}
