import { splitWords } from '../../../../ui/shell-words.ts';

/** What to run in a container that one wants to look round in. */

export interface Shell {
  id: 'best' | 'sh' | 'bash' | 'custom';
  label: string;
}

export const SHELLS: readonly Shell[] = [
  { id: 'best', label: 'Best shell there is' },
  { id: 'bash', label: 'bash' },
  { id: 'sh', label: 'sh' },
  { id: 'custom', label: 'Another command' },
];

/** Full-screen programs ask this variable what the terminal can do; the exec of Kubernetes sets none. */
const WITH_TERM = 'TERM=xterm-256color; export TERM; ';

/** The command line of a choice. Empty when a custom one has no words yet. */
export function commandOf(shell: Shell['id'], custom: string): string[] {
  switch (shell) {
    case 'best':
      return ['sh', '-c', `${WITH_TERM}command -v bash >/dev/null 2>&1 && exec bash || exec sh`];
    case 'bash':
      return ['bash'];
    case 'sh':
      return ['sh', '-c', `${WITH_TERM}exec sh`];
    case 'custom':
      return splitWords(custom);
  }
}

/** How a shell's end reads. */
export function exitText(exitCode: number, message: string): string {
  if (exitCode === 0) return 'Ended with exit code 0';
  const hint = /executable file not found|no such file or directory/i.test(message)
    ? 'The image has no such program: choose another command.'
    : message;
  return `Ended with exit code ${exitCode}${hint ? `. ${hint}` : ''}`;
}
