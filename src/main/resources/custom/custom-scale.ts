import type { CustomResourceSubresources } from '../../../shared/api/custom-resource-definition.ts';
import type { KubeObject } from '../../../shared/api/meta.ts';
import { copyJson, isJsonObject, setOwn, type JsonObject } from '../decode/json-value.ts';
import type { ScaleStrategy } from '../definition.ts';
import type { FieldError } from '../validation/field-error.ts';
import { invalidValue } from '../validation/fields.ts';

type Scale = NonNullable<CustomResourceSubresources['scale']>;

const stepsOf = (path: string): string[] => path.replace(/^\./, '').split('.');

function valueAt(object: KubeObject, path: string): unknown {
  return stepsOf(path).reduce<unknown>(
    (value, step) => (isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined),
    object,
  );
}

const numberAt = (object: KubeObject, path: string): number => {
  const value = valueAt(object, path);
  return typeof value === 'number' ? value : 0;
};

/** Reads and writes a scale at the paths a definition names. */
export function customScale(scale: Scale): ScaleStrategy<KubeObject> {
  return {
    specReplicas: (object) => numberAt(object, scale.specReplicasPath),
    statusReplicas: (object) => numberAt(object, scale.statusReplicasPath),
    selector(object) {
      const selector = scale.labelSelectorPath ? valueAt(object, scale.labelSelectorPath) : '';
      return typeof selector === 'string' ? selector : '';
    },
    withReplicas(object, replicas) {
      const copy = copyJson(object) as JsonObject;
      const steps = stepsOf(scale.specReplicasPath);
      let at = copy;
      for (const step of steps.slice(0, -1)) {
        const next = Object.hasOwn(at, step) && isJsonObject(at[step]) ? at[step] : {};
        setOwn(at, step, next);
        at = next;
      }
      setOwn(at, steps.at(-1) ?? '', replicas);
      return copy;
    },
  };
}

/** Replicas are no less than none (`ValidateScaleSpec`, `ValidateScaleStatus`). */
export function scaleErrors(scale: Scale | undefined, object: KubeObject): FieldError[] {
  if (!scale) return [];
  return [scale.specReplicasPath, scale.statusReplicasPath].flatMap((path) => {
    const value = valueAt(object, path);
    if (typeof value !== 'number') return [];
    if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
    return value > 2 ** 31 - 1 ? [invalidValue(path, value, 'should be less than or equal to 2147483647')] : [];
  });
}
