import { VOLUME_ATTACHMENTS, type VolumeAttachment } from '../../../shared/api/kinds.ts';
import { ageColumn, column, fieldDoc, nameColumn } from '../columns/columns.ts';
import type { KindDefinition } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { complaintsAbout, forbiddenField, immutable, invalidValue, required, tooLong } from '../validation/fields.ts';
import { dns1123Subdomain } from '../validation/names.ts';
import { validateInlineVolume } from '../validation/inline-volume.ts';
import { validateDriverName } from '../validation/persistent-volume-source.ts';

const SPEC = 'io.k8s.api.storage.v1.VolumeAttachmentSpec';
const SOURCE = 'io.k8s.api.storage.v1.VolumeAttachmentSource';
const STATUS = 'io.k8s.api.storage.v1.VolumeAttachmentStatus';
const MOST_METADATA_BYTES = 256 * 1024;
const LONGEST_MESSAGE = 1024;
const LARGEST_INT32 = 2_147_483_647;

type Spec = NonNullable<VolumeAttachment['spec']>;
type Status = NonNullable<VolumeAttachment['status']>;

/** storage/validation ValidateVolumeAttachment. */
function validateAttachment(attachment: VolumeAttachment): FieldError[] {
  const spec = attachment.spec as Partial<Spec> | undefined;
  const { attacher = '', nodeName = '', source = {} }: Partial<Spec> = spec ?? {};
  return [
    ...validateDriverName(attacher, 'spec.attacher'),
    ...validateSource(source),
    ...complaintsAbout('spec.nodeName', nodeName, dns1123Subdomain(nodeName)),
    ...(source.persistentVolumeName === undefined
      ? []
      : complaintsAbout(
          'spec.source.persistentVolumeName',
          source.persistentVolumeName,
          dns1123Subdomain(source.persistentVolumeName),
        )),
    ...validateStatus(attachment.status),
  ];
}

function validateSource({ inlineVolumeSpec, persistentVolumeName }: Spec['source']): FieldError[] {
  const oneOnly = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (!inlineVolumeSpec && persistentVolumeName === undefined) return [required('spec.source', oneOnly)];
  if (inlineVolumeSpec && persistentVolumeName !== undefined) return [forbiddenField('spec.source', oneOnly)];
  if (inlineVolumeSpec) return validateInlineVolume(inlineVolumeSpec, 'spec.source.inlineVolumeSpec');
  return persistentVolumeName === ''
    ? [required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')]
    : [];
}

function validateStatus(status: Status | undefined): FieldError[] {
  const bytes = Object.entries(status?.attachmentMetadata ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return [
    ...(bytes > MOST_METADATA_BYTES ? [tooLong('status.attachmentMetadata', MOST_METADATA_BYTES)] : []),
    ...validateError(status?.attachError, 'status.attachError'),
    ...validateError(status?.detachError, 'status.detachError'),
  ];
}

function validateError(error: Status['attachError'], field: string): FieldError[] {
  const { message = '', errorCode } = error ?? {};
  return [
    ...(Buffer.byteLength(message) > LONGEST_MESSAGE ? [tooLong(`${field}.message`, LONGEST_MESSAGE)] : []),
    ...(errorCode !== undefined && errorCode < 0
      ? [invalidValue(`${field}.errorCode`, errorCode, `must be between 0 and ${LARGEST_INT32}, inclusive`)]
      : []),
  ];
}

export const volumeAttachmentKind: KindDefinition<VolumeAttachment> = {
  type: VOLUME_ATTACHMENTS,
  singular: 'volumeattachment',
  shortNames: [],
  categories: [],
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  durability: 'durable',
  hasStatus: true,
  subresources: [],
  nameRule: 'dns1123subdomain',
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: false,
  setDefaults() {
    // VolumeAttachments have no defaults.
  },
  prepareForCreate(attachment) {
    attachment.status = { attached: false };
  },
  validate: validateAttachment,
  validateUpdate: (attachment, old) => immutable('spec', attachment.spec, old.spec),
  validateStatusUpdate: ({ status }) => validateStatus(status),
  selectableFields: {},
  columns: [
    nameColumn(),
    {
      ...column<VolumeAttachment>('Attacher', 'string', '', ({ spec }) => spec?.attacher ?? ''),
      format: 'name',
      get description() {
        return fieldDoc(SPEC, 'attacher')();
      },
    },
    column(
      'PV',
      'string',
      fieldDoc(SOURCE, 'persistentVolumeName'),
      ({ spec }) => spec?.source?.persistentVolumeName ?? '',
    ),
    column('Node', 'string', fieldDoc(SPEC, 'nodeName'), ({ spec }) => spec?.nodeName ?? ''),
    column('Attached', 'boolean', fieldDoc(STATUS, 'attached'), ({ status }) => status?.attached ?? false),
    ageColumn(),
  ],
};
