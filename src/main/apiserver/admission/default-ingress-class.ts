import { INGRESSES, INGRESS_CLASSES, type Ingress } from '../../../shared/api/kinds.ts';
import type { Views } from '../views/views.ts';
import type { AdmissionPlugin } from './chain.ts';
import { newestDefault } from './newest-default.ts';
import { concerns } from './refuse.ts';

const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const DEFAULT_ANNOTATION = 'ingressclass.kubernetes.io/is-default-class';

/** Ingresses that name no class get the default one (plugin/network/defaultingressclass). */
export function defaultIngressClass(views: Views): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    async mutate(request) {
      if (request.operation !== 'CREATE' || !concerns(request, INGRESSES)) return;
      const ingress = request.object as Ingress;
      const { metadata, spec } = ingress;
      if (spec?.ingressClassName !== undefined || metadata?.annotations?.[CLASS_ANNOTATION] !== undefined) return;
      const chosen = newestDefault((await views.of(INGRESS_CLASSES)).list(), [DEFAULT_ANNOTATION])?.metadata?.name;
      if (chosen) ingress.spec = { ...spec, ingressClassName: chosen };
    },
  };
}
