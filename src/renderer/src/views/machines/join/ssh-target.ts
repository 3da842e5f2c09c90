import { splitWords } from '../../../ui/shell-words.ts';

/** Where to sign in, as written by the user. */
export interface SshTarget {
  host: string;
  user?: string;
  port?: number;
  /** `-i`: a file on the computer the command was copied from. */
  identityFile?: string;
  jump?: { host: string; user?: string; port?: number };
}

export type ParsedTarget = { target: SshTarget } | { problem: string };

export interface TargetLine {
  /** As written. */
  text: string;
  parsed: ParsedTarget;
}

/** Options of ssh that take a value (ssh(1), OpenSSH 9). All others are single letters and say nothing about the machine. */
const WITH_VALUE = 'BbcDEeFIiJLlmOoPpQRSWw';

/** Reads a pasted list: one machine a line, blank lines and `#` comments aside. A machine named twice is a problem of the second line. */
export function parseTargetList(text: string): TargetLine[] {
  const seen = new Set<string>();
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const parsed = parseTarget(line);
      if (!('target' in parsed)) return { text: line, parsed };
      const { host, port = 22 } = parsed.target;
      const key = `${host}:${port}`;
      if (seen.has(key)) return { text: line, parsed: { problem: `${host} is in the list twice.` } };
      seen.add(key);
      return { text: line, parsed };
    });
}

/** Reads `user@host`, `user@host:port`, `ssh://user@host:port`, or an ssh command. */
export function parseTarget(text: string): ParsedTarget {
  const words = splitWords(text.trim());
  if (words.length === 0) return { problem: 'Write an address, such as root@192.168.1.20.' };
  if (words[0] === 'ssh' || words[0]?.endsWith('/ssh')) return parseCommand(words.slice(1));
  if (words.length > 1) return { problem: `"${text.trim()}" is neither one address nor an ssh command.` };
  return parseAddress(words[0] ?? '');
}

function parseCommand(words: string[]): ParsedTarget {
  const options: [letter: string, value: string][] = [];
  let destination: string | undefined;
  for (let at = 0; at < words.length && destination === undefined; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      destination = word;
      continue;
    }
    // `-vp2222`: letters without a value may stand before one with.
    const index = [...word].findIndex((letter, place) => place > 0 && WITH_VALUE.includes(letter));
    if (index < 0) continue;
    const attached = word.slice(index + 1);
    const value = attached === '' ? words[++at] : attached;
    if (value === undefined) return { problem: `The option -${word.charAt(index)} has no value.` };
    options.push([word.charAt(index), value]);
  }
  // ssh takes options after the destination too, up to the command; only the common ones are worth it.
  const rest = destination === undefined ? [] : words.slice(words.indexOf(destination) + 1);
  for (let at = 0; at + 1 < rest.length && /^-[pilJo]$/.test(rest[at] ?? ''); at += 2)
    options.push([(rest[at] ?? '').charAt(1), rest[at + 1] ?? '']);
  if (destination === undefined) return { problem: 'The ssh command names no machine.' };
  const parsed = parseAddress(destination);
  if (!('target' in parsed)) return parsed;
  return options.reduce<ParsedTarget>(
    (so, [letter, value]) => ('target' in so ? withOption(so.target, letter, value) : so),
    parsed,
  );
}

function withOption(target: SshTarget, letter: string, value: string): ParsedTarget {
  switch (letter) {
    case 'p': {
      const port = parsePort(value);
      return port === undefined ? { problem: `${value} is no port.` } : { target: { ...target, port } };
    }
    case 'l':
      return { target: { ...target, user: value } };
    case 'i':
      return { target: { ...target, identityFile: value } };
    case 'J':
      return withJump(target, value);
    case 'o': {
      const [, name = '', setting = ''] = /^\s*(\w+)\s*[= ]\s*(.*)$/.exec(value) ?? [];
      const same: Record<string, string> = { port: 'p', user: 'l', identityfile: 'i', proxyjump: 'J' };
      const short = same[name.toLowerCase()];
      if (name.toLowerCase() === 'hostname') return { target: { ...target, host: setting } };
      return short ? withOption(target, short, setting) : { target };
    }
    default:
      return { target };
  }
}

function withJump(target: SshTarget, value: string): ParsedTarget {
  if (value === 'none') return { target };
  if (value.includes(',')) return { problem: 'Several jump hosts in a row are not supported; one is.' };
  const parsed = parseAddress(value);
  if (!('target' in parsed)) return { problem: `Jump host: ${parsed.problem}` };
  const { host, user, port } = parsed.target;
  return { target: { ...target, jump: { host, ...(user ? { user } : {}), ...(port ? { port } : {}) } } };
}

function parseAddress(text: string): ParsedTarget {
  const bare = text.replace(/^ssh:\/\//, '').replace(/\/$/, '');
  const at = bare.lastIndexOf('@');
  const user = at < 0 ? undefined : bare.slice(0, at);
  if (user === '') return { problem: `There is no user before the @ of ${text}.` };
  const place = bare.slice(at + 1);
  const bracketed = /^\[([0-9a-fA-F:.]+(?:%\w+)?)\](?::(.*))?$/.exec(place);
  // Without brackets, more than one colon is an IPv6 address, as ssh itself reads it.
  const colons = place.split(':').length - 1;
  const [host = '', portText] = bracketed
    ? [bracketed[1], bracketed[2]]
    : colons === 1
      ? place.split(':')
      : [place, undefined];
  if (host === '') return { problem: `There is no host in ${text}.` };
  if (colons < 2 && !/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?$/.test(host))
    return { problem: `${host} is no name or address of a machine.` };
  const port = portText === undefined ? undefined : parsePort(portText);
  if (portText !== undefined && port === undefined) return { problem: `${portText} is no port.` };
  return { target: { host, ...(user ? { user } : {}), ...(port ? { port } : {}) } };
}

function parsePort(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : undefined;
}
