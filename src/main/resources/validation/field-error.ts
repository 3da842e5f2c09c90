import type { StatusCause } from '../../../shared/api/errors.ts';

/** Stands for a value that upstream does not show (`field.OmitValueType`). */
export const OMITTED = Symbol('omitted');

/** A failed rule at one field, in the words of apimachinery's `field.Error`. */
export interface FieldError {
  type:
    | 'Required'
    | 'Invalid'
    | 'NotSupported'
    | 'Duplicate'
    | 'Forbidden'
    | 'TooLong'
    | 'TooMany'
    | 'NotFound'
    | 'TypeInvalid';
  /** `spec.containers[0].name` */
  field: string;
  detail: string;
  /** The offending value, shown by upstream for the types that show one. */
  value?: unknown;
  /** NotSupported: what would have been. */
  supported?: readonly string[];
}

const REASON: Record<FieldError['type'], string> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  NotSupported: 'FieldValueNotSupported',
  Duplicate: 'FieldValueDuplicate',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  NotFound: 'FieldValueNotFound',
  TypeInvalid: 'FieldValueTypeInvalid',
};

/** Upstream's text without the field: `Invalid value: "X": must be …`, `Required value`. */
export function messageOfFieldError(error: FieldError): string {
  const shown = error.value === null || error.value === undefined ? 'null' : JSON.stringify(error.value);
  const detail = error.detail === '' ? '' : `: ${error.detail}`;
  switch (error.type) {
    case 'Required':
      return `Required value${detail}`;
    case 'Forbidden':
      return `Forbidden${detail}`;
    case 'Invalid':
    case 'TypeInvalid':
      return error.value === OMITTED ? `Invalid value${detail}` : `Invalid value: ${shown}${detail}`;
    case 'NotSupported':
      return `Unsupported value: ${shown}: supported values: ${(error.supported ?? []).map((value) => JSON.stringify(value)).join(', ')}`;
    case 'Duplicate':
      return `Duplicate value: ${shown}`;
    case 'NotFound':
      return `Not found: ${shown}`;
    case 'TooLong':
      return `Too long${detail}`;
    case 'TooMany':
      return `Too many: ${shown}${detail}`;
  }
}

/** The cause entry of a 422 Status. */
export const causeOf = (error: FieldError): StatusCause => ({
  reason: REASON[error.type],
  message: messageOfFieldError(error),
  field: error.field,
});
