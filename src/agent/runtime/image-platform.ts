import { arch } from 'node:os';

/** What images call the architectures whose programs a machine runs by itself, its own first. */
const RUNS: Record<string, readonly string[]> = {
  x64: ['amd64', '386'],
  arm64: ['arm64', 'arm'],
  arm: ['arm'],
  ppc64: ['ppc64le'],
  s390x: ['s390x'],
  riscv64: ['riscv64'],
};

/**
 * Why an image may not run here, as the kernel's `exec format error` says nothing of it; undefined for one of this
 * machine's own. It may run all the same where the machine has an emulator (binfmt_misc).
 */
export function platformMismatch(
  image: { os: string; architecture: string },
  machine: string = arch(),
): string | undefined {
  const runs = RUNS[machine];
  if (!runs || !image.architecture || (image.os === 'linux' && runs.includes(image.architecture))) return undefined;
  return `the image is for ${image.os}/${image.architecture}, this machine is linux/${runs[0]}`;
}
