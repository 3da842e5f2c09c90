import table from './fields.json' with { type: 'json' };

export interface ProtobufField {
  /** Its name in JSON. */
  name: string;
  /** A scalar (`string`, `bool`, `int32`, `int64`, `bytes`) or the name of a message. */
  type: string;
  shape: 'single' | 'list' | 'map';
}

const SHAPES = { '[]': 'list', '{}': 'map' } as const;
const parsed = new Map<string, ReadonlyMap<number, ProtobufField> | undefined>();

/**
 * Fields of a message by number, or undefined when it is not one we know. `fields.json` holds them as
 * `NUMBER:NAME:TYPE`, `[]` for repeated and `{}` for map fields; the numbers are facts of the wire format, from
 * upstream's generated.proto files. Parsed when first asked for: most servers never see protobuf.
 */
export function fieldsOf(message: string): ReadonlyMap<number, ProtobufField> | undefined {
  if (!parsed.has(message)) parsed.set(message, parse(message));
  return parsed.get(message);
}

function parse(message: string): ReadonlyMap<number, ProtobufField> | undefined {
  if (!Object.hasOwn(table, message)) return undefined;
  const text = (table as Record<string, string>)[message] ?? '';
  const fields = new Map<number, ProtobufField>();
  for (const entry of text.split(' ').filter(Boolean)) {
    const [number = '', name = '', typed = ''] = entry.split(':');
    const suffix = typed.slice(-2);
    const shape = suffix === '[]' || suffix === '{}' ? SHAPES[suffix] : 'single';
    fields.set(Number(number), { name, type: shape === 'single' ? typed : typed.slice(0, -2), shape });
  }
  return fields;
}
