import { badRequest, unsupportedMediaType } from '../../../shared/api/errors.ts';
import { decodeMessage } from './decode-message.ts';
import { fieldsOf } from './message-fields.ts';
import { WireReader } from './wire-reader.ts';

/** What typed clients (kubectl 1.32 and newer) send; they do not fall back to JSON when it is refused. */
const MEDIA_TYPE = 'application/vnd.kubernetes.protobuf';
/** `k8s` and a zero byte, before every message. */
const MAGIC = [0x6b, 0x38, 0x73, 0x00];

export const isProtobuf = (mediaType: string): boolean => mediaType === MEDIA_TYPE;

/** `apps/v1` → `apps.v1`, `coordination.k8s.io/v1` → `coordination.v1`, `v1` → `core.v1`. */
function packageOf(apiVersion: string): string {
  const [group = '', version] = apiVersion.split('/');
  return version === undefined ? `core.${group}` : `${group.split('.')[0] ?? ''}.${version}`;
}

/**
 * Decodes an object in Kubernetes' protobuf envelope (`runtime.Unknown`: type, message, encoding) into the JSON value it
 * stands for. Throws 400 on bytes that are none and 415 on a kind whose fields are not known here.
 */
export function parseProtobuf(bytes: Uint8Array): unknown {
  if (!MAGIC.every((byte, index) => bytes[index] === byte))
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array();
  const envelope = new WireReader(bytes.subarray(MAGIC.length));
  while (!envelope.done) {
    const { field, wireType } = envelope.tag();
    if (field === 1 && wireType === 2) {
      const type = decodeTypeMeta(envelope.chunk());
      apiVersion = type.apiVersion;
      kind = type.kind;
    } else if (field === 2 && wireType === 2) raw = envelope.chunk();
    else envelope.skip(wireType);
  }
  // DeleteOptions come under the version of what they delete.
  const message = kind === 'DeleteOptions' ? 'meta.v1.DeleteOptions' : `${packageOf(apiVersion)}.${kind}`;
  if (!fieldsOf(message)) throw unsupportedMediaType(['application/json', 'application/yaml']);
  return { apiVersion, kind, ...(decodeMessage(message, raw) as Record<string, unknown>) };
}

function decodeTypeMeta(bytes: Uint8Array): { apiVersion: string; kind: string } {
  const reader = new WireReader(bytes);
  const type = { apiVersion: '', kind: '' };
  while (!reader.done) {
    const { field, wireType } = reader.tag();
    if (field === 1 && wireType === 2) type.apiVersion = Buffer.from(reader.chunk()).toString();
    else if (field === 2 && wireType === 2) type.kind = Buffer.from(reader.chunk()).toString();
    else reader.skip(wireType);
  }
  return type;
}
