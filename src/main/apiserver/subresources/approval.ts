import { methodNotAllowed, unsupportedMediaType } from '../../../shared/api/errors.ts';
import type { CertificateSigningRequest } from '../../../shared/api/kinds.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { prepareForApproval } from '../../resources/kinds/certificate-signing-request.ts';
import { applyPatch, PATCH_TYPES } from '../../resources/patch/apply-patch.ts';
import {
  validateCertificateRequest,
  validateCertificateRequestUpdate,
} from '../../resources/validation/certificate-signing-request.ts';
import { throwIfInvalid } from '../registry/checks.ts';
import { decodeBody, decodePatched, mediaTypeOf, readBody } from '../registry/decode-request.ts';
import { cloneJson } from '../registry/json-value.ts';
import { writeOptionsOf } from '../registry/request-options.ts';
import { updateObject } from '../registry/update.ts';
import { readStored } from '../resource-handlers.ts';
import { bodyOf, type ResourceHandler } from '../resource-request.ts';

const ATTEMPTS = 5;

/** GET, PUT and PATCH of certificatesigningrequests/NAME/approval: the one place where a request is approved or denied. */
export const approvalHandler: ResourceHandler = async (deps, request) => {
  const { target, call, info, warnings } = request;
  const { kind } = target;
  if (info.verb === 'get') return { type: 'object', code: 200, value: await readStored(deps, request), kind };
  if (info.verb !== 'update' && info.verb !== 'patch') throw methodNotAllowed();

  const options = writeOptionsOf(call.query);
  const body = bodyOf(request);
  let wantedOf: (old: KubeObject) => KubeObject;
  if (info.verb === 'update') {
    const wanted = decodeBody(kind, body, options.fieldValidation, warnings);
    wantedOf = () => cloneJson(wanted);
  } else {
    const patchType = PATCH_TYPES[mediaTypeOf(body.contentType)];
    if (!patchType) throw unsupportedMediaType(Object.keys(PATCH_TYPES));
    const patch = readBody(body);
    wantedOf = (old) =>
      decodePatched(kind, applyPatch(kind, old, patch.value, patchType), patch, options.fieldValidation, warnings);
  }
  const now = new Date(deps.registry.clock.now());
  const written = await updateObject(deps.registry, target, {
    mode: 'server',
    subresource: 'approval',
    dryRun: options.dryRun,
    attempts: ATTEMPTS,
    change(stored) {
      const old = stored as CertificateSigningRequest;
      const wanted = wantedOf(old) as CertificateSigningRequest;
      prepareForApproval(wanted, old, now);
      throwIfInvalid(kind, target.name, [
        ...validateCertificateRequest(wanted),
        ...validateCertificateRequestUpdate(wanted, old, { mayDecide: true }),
      ]);
      return wanted;
    },
  });
  return { type: 'object', code: 200, value: written.object, kind, warnings };
};
