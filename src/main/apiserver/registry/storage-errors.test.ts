import { expect, test } from 'vitest';
import { type ApiError } from '../../../shared/api/errors.ts';
import { StoreClosedError, StoreUnavailableError, WriteFailedError } from '../../store/storage.ts';
import { storageFailure } from './storage-errors.ts';

const statusOf = (error: unknown): object => (storageFailure(error) as ApiError).status;

test('a full disk is an InternalError that names the disk and what to do', () => {
  expect(
    statusOf(new WriteFailedError('no space left on the disk of the data directory; free some space')),
  ).toMatchObject({
    code: 500,
    reason: 'InternalError',
    message:
      'Internal error occurred: the write was not stored: no space left on the disk of the data directory; free some space',
  });
});

test.each([new StoreUnavailableError('etcd: no connection'), new StoreClosedError()])(
  '%s is a ServerTimeout that clients try again',
  (error) => {
    expect(statusOf(error)).toMatchObject({ code: 500, reason: 'ServerTimeout', details: { retryAfterSeconds: 2 } });
  },
);

test('other errors stay what they are', () => {
  const error = new Error('something else');
  expect(storageFailure(error)).toBe(error);
});
