import { HttpError } from './http-error.ts';

export interface LogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines?: number;
  limitBytes?: number;
  /** Seconds since the epoch with nine decimals, as Docker takes it. */
  since?: string;
}

/** Reads the query of `/containerLogs` (v1.PodLogOptions). `now` in milliseconds. */
export function parseLogOptions(query: URLSearchParams, now: number): LogOptions {
  const tailLines = wholeNumber(query, 'tailLines', 0);
  const limitBytes = wholeNumber(query, 'limitBytes', 1);
  const sinceSeconds = wholeNumber(query, 'sinceSeconds', 1);
  const sinceTime = query.get('sinceTime');
  const since = sinceTime ? Date.parse(sinceTime) : sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000;
  if (since !== undefined && Number.isNaN(since)) throw new HttpError(400, `sinceTime: invalid time ${sinceTime}`);
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined
      ? {}
      : { since: `${Math.floor(since / 1000)}.${String(Math.round(since % 1000)).padStart(3, '0')}000000` }),
  };
}

/** Kubernetes' query booleans: present and not `false` or `0`. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && value !== 'false' && value !== '0';
}

function wholeNumber(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least)
    throw new HttpError(400, `${name}: must be greater than or equal to ${least}`);
  return value;
}
