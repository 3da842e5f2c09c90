import { readFile, statfs } from 'node:fs/promises';
import { arch, cpus, hostname, networkInterfaces, release } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { MACHINE_ROOT } from '../volumes/host-path.ts';

/** What stays as it is while the machine runs. */
export interface MachineFacts {
  hostname: string;
  addresses: string[];
  cpus: number;
  memoryBytes: number;
  /** Of the file system Docker keeps its data on. */
  diskBytes: number;
  machineId: string;
  systemUuid: string;
  bootId: string;
  kernelVersion: string;
  osImage: string;
  dockerVersion: string;
  /** As Kubernetes names it: amd64, arm64. */
  architecture: string;
  pidMax: number;
}

/** What changes by the minute. */
export interface MachineHealth {
  memoryAvailableBytes: number;
  diskAvailableBytes: number;
  /** 0 where the file system counts none, as btrfs. */
  inodes: number;
  inodesFree: number;
  pidsAvailable: number;
}

const ARCHITECTURES: Record<string, string> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ppc64: 'ppc64le',
  s390x: 's390x',
};

/** Reads a file of the machine; empty where the machine has none. */
async function machineFile(path: string): Promise<string> {
  try {
    return (await readFile(join(MACHINE_ROOT, path), 'utf8')).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'EACCES', 'ENODEV'].includes(String(error.code)))
      return '';
    throw error;
  }
}

export async function readMachineFacts(docker: Docker): Promise<MachineFacts> {
  const [memory, machineId, systemUuid, bootId, osRelease, pidMax, name] = await Promise.all([
    readMemory(),
    machineFile('etc/machine-id'),
    machineFile('sys/class/dmi/id/product_uuid'),
    machineFile('proc/sys/kernel/random/boot_id'),
    machineFile('etc/os-release'),
    machineFile('proc/sys/kernel/pid_max'),
    machineFile('etc/hostname'),
  ]);
  const disk = await dockerDisk(docker);
  const version = await docker.version();
  return {
    hostname: name || hostname(),
    addresses: ipv4Addresses(),
    cpus: cpus().length,
    memoryBytes: memory.total,
    diskBytes: disk.total,
    machineId,
    // Virtual machines without DMI: upstream falls back to the machine id too.
    systemUuid: systemUuid || machineId,
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?(.*?)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
    dockerVersion: version.Version,
    architecture: ARCHITECTURES[arch()] ?? arch(),
    pidMax: Number(pidMax) || 32_768,
  };
}

export async function readMachineHealth(docker: Docker, pidMax: number): Promise<MachineHealth> {
  const [memory, disk, loadavg] = await Promise.all([readMemory(), dockerDisk(docker), machineFile('proc/loadavg')]);
  // Fourth field: running/existing scheduling entities.
  const processes = Number(loadavg.split(' ')[3]?.split('/')[1] ?? 0);
  return {
    memoryAvailableBytes: memory.available,
    diskAvailableBytes: disk.available,
    inodes: disk.inodes,
    inodesFree: disk.inodesFree,
    pidsAvailable: pidMax - processes,
  };
}

async function readMemory(): Promise<{ total: number; available: number }> {
  const text = await readFile('/proc/meminfo', 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
  return { total: field('MemTotal'), available: field('MemAvailable') };
}

let dataRoot: string | undefined;

interface Disk {
  total: number;
  available: number;
  inodes: number;
  inodesFree: number;
}

async function dockerDisk(docker: Docker): Promise<Disk> {
  dataRoot ??= ((await docker.info()) as { DockerRootDir?: string }).DockerRootDir ?? '/var/lib/docker';
  const stats = await statfs(join(MACHINE_ROOT, dataRoot));
  return {
    total: stats.blocks * stats.bsize,
    available: stats.bavail * stats.bsize,
    inodes: stats.files,
    inodesFree: stats.ffree,
  };
}

/** The machine's own addresses, without those of bridges and links that containers and pods have. */
export function ipv4Addresses(): string[] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => !/^(docker\d|br-|veth|vh[0-9a-f]|kube0|wh-|flannel|cni)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
