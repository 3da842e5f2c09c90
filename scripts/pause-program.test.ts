import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { pauseProgram } from './pause-program.mjs';

describe('the pause program', () => {
  test.each([
    ['amd64', 62],
    ['arm64', 183],
  ] as const)('is a small static 64-bit ELF for %s', (architecture, machine) => {
    const elf = pauseProgram(architecture);
    expect(elf.subarray(0, 6).toString('latin1')).toBe('\x7fELF\x02\x01');
    expect(elf.readUInt16LE(18)).toBe(machine);
    expect(elf.length).toBeLessThan(400);
    expect(elf.readBigUInt64LE(96)).toBe(BigInt(elf.length));
  });

  const native = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64');
  test.runIf(native).each(['SIGTERM', 'SIGINT'] as const)('sleeps, and leaves with 0 on %s', async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), 'pause-'));
    try {
      const program = join(folder, 'pause');
      writeFileSync(program, pauseProgram(process.arch === 'x64' ? 'amd64' : 'arm64'), { mode: 0o755 });
      const child = spawn(program, { stdio: 'ignore' });
      const status = () => readFileSync(`/proc/${child.pid}/status`, 'utf8');
      // Bits 1 (SIGINT) and 14 (SIGTERM) of the caught signals are set just before it goes to sleep.
      const ready = () => /^State:\s*S/m.test(status()) && /^SigCgt:\s*0*4002$/m.test(status());
      await expect.poll(ready, { timeout: 5000 }).toBe(true);
      expect(status()).toMatch(/^SigIgn:\s*\w*1\w{4}$/m); // SIGCHLD is ignored: orphans are reaped by the kernel
      child.kill(signal);
      expect(await once(child, 'exit')).toEqual([0, null]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
