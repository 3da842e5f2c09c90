// The pod sandbox's only program: a static ELF of about 300 bytes, assembled here so that no compiler is needed.
// It ignores SIGCHLD (so the kernel reaps orphans of a shared PID namespace), leaves with 0 on SIGTERM and SIGINT,
// and otherwise sleeps: the behaviour of Kubernetes' build/pause/linux/pause.c.

const LOAD_ADDRESS = 0x400000;
const HEADER_SIZE = 64 + 56;
const SIGINT = 2;
const SIGTERM = 15;
const SIGCHLD = 17;
const SIG_IGN = 1n;
/** x86-64 refuses to deliver a signal whose action lacks it; the restorer itself is never reached. */
const SA_RESTORER = 0x04000000n;

/**
 * Struct kernel_sigaction: handler, flags, restorer, mask (the same layout on both architectures).
 * @param {bigint} handler
 * @param {bigint} flags
 */
function signalAction(handler, flags) {
  const action = Buffer.alloc(32);
  action.writeBigUInt64LE(handler, 0);
  action.writeBigUInt64LE(flags, 8);
  action.writeBigUInt64LE(flags === 0n ? 0n : handler, 16);
  return action;
}

/** @param {number} value */
const imm32 = (value) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >>> 24) & 0xff];

/**
 * @param {number} ignore Address of the ignoring action
 * @param {number} leave Address of the leaving action
 * @returns {{ code: Buffer, exitOffset: number }}
 */
function assembleX64(ignore, leave) {
  const SYSCALL = [0x0f, 0x05];
  /** @param {number} signal @param {number} action */
  const rtSigaction = (signal, action) => [
    ...[0xb8, ...imm32(13)], // mov eax, rt_sigaction
    ...[0xbf, ...imm32(signal)], // mov edi, signal
    ...[0xbe, ...imm32(action)], // mov esi, action
    ...[0x31, 0xd2], // xor edx, edx
    ...[0x41, 0xba, ...imm32(8)], // mov r10d, sizeof(sigset_t)
    ...SYSCALL,
  ];
  const setUp = [...rtSigaction(SIGCHLD, ignore), ...rtSigaction(SIGTERM, leave), ...rtSigaction(SIGINT, leave)];
  const sleep = [...[0xb8, ...imm32(34)], ...SYSCALL, 0xeb, 0xf7]; // mov eax, pause; syscall; jmp back 9
  const exit = [...[0xb8, ...imm32(231)], 0x31, 0xff, ...SYSCALL]; // mov eax, exit_group; xor edi, edi; syscall
  return { code: Buffer.from([...setUp, ...sleep, ...exit]), exitOffset: setUp.length + sleep.length };
}

/**
 * @param {number} ignore Address of the ignoring action
 * @param {number} leave Address of the leaving action
 * @returns {{ code: Buffer, exitOffset: number }}
 */
function assembleArm64(ignore, leave) {
  const SVC = 0xd4000001;
  /** @param {number} register @param {number} value */
  const movz = (register, value) => (0xd2800000 | (value << 5) | register) >>> 0;
  /** @param {number} register @param {number} value */
  const movAddress = (register, value) => [
    (0xd2a00000 | ((value >>> 16) << 5) | register) >>> 0, // movz x, value >> 16, lsl 16
    (0xf2800000 | ((value & 0xffff) << 5) | register) >>> 0, // movk x, value & 0xffff
  ];
  /** @param {number} signal @param {number} action */
  const rtSigaction = (signal, action) => [
    movz(0, signal),
    ...movAddress(1, action),
    movz(2, 0),
    movz(3, 8),
    movz(8, 134),
    SVC,
  ];
  const setUp = [...rtSigaction(SIGCHLD, ignore), ...rtSigaction(SIGTERM, leave), ...rtSigaction(SIGINT, leave)];
  // arm64 has no pause(2): ppoll(NULL, 0, NULL, NULL, 0) waits for a signal just the same.
  const wait = [movz(0, 0), movz(1, 0), movz(2, 0), movz(3, 0), movz(4, 0), movz(8, 73), SVC];
  const back = (0x14000000 | (-wait.length & 0x3ffffff)) >>> 0;
  const exit = [movz(0, 0), movz(8, 94), SVC];
  const words = [...setUp, ...wait, back, ...exit];
  const code = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => code.writeUInt32LE(word, index * 4));
  return { code, exitOffset: (words.length - exit.length) * 4 };
}

/** ELF machine numbers and assemblers by the architecture names of image configs. */
const TARGETS = {
  amd64: { machine: 62, assemble: assembleX64 },
  arm64: { machine: 183, assemble: assembleArm64 },
};

/**
 * The pause program as a static ELF executable.
 * @param {'amd64' | 'arm64'} architecture
 * @returns {Buffer}
 */
export function pauseProgram(architecture) {
  const { machine, assemble } = TARGETS[architecture];
  const codeSize = assemble(0, 0).code.length;
  const ignore = LOAD_ADDRESS + HEADER_SIZE + Math.ceil(codeSize / 8) * 8;
  const { code, exitOffset } = assemble(ignore, ignore + 32);
  const entry = BigInt(LOAD_ADDRESS + HEADER_SIZE);
  const body = Buffer.alloc(ignore - LOAD_ADDRESS - HEADER_SIZE);
  code.copy(body);
  const actions = [signalAction(SIG_IGN, 0n), signalAction(entry + BigInt(exitOffset), SA_RESTORER)];
  const size = HEADER_SIZE + body.length + 64;

  const header = Buffer.alloc(HEADER_SIZE);
  Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]).copy(header); // ELF, 64 bit, little endian, version 1, System V
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20); // EV_CURRENT
  header.writeBigUInt64LE(entry, 24);
  header.writeBigUInt64LE(64n, 32); // program headers follow the ELF header
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56); // one program header
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68); // readable, executable
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 80);
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 88);
  header.writeBigUInt64LE(BigInt(size), 96);
  header.writeBigUInt64LE(BigInt(size), 104);
  header.writeBigUInt64LE(0x10000n, 112); // the largest page size of either architecture
  return Buffer.concat([header, body, ...actions]);
}
