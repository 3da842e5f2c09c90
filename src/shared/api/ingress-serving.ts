/** On a Node: `true` while its machine answers for Ingresses (ports 80 and 443). Their status lists those machines. */
export const INGRESS_SERVING_ANNOTATION = 'ingress.wheelhouse.dev/serving';
/** `spec.controller` of the IngressClasses that machines serve themselves, and the class that is there from the start. */
export const INGRESS_CONTROLLER = 'wheelhouse.dev/ingress';
export const INGRESS_CLASS = 'wheelhouse';
