import { setOwn, type JsonObject } from '../decode/json-value.ts';
import { itemElement, itemsType, memberType, shapeOf, type FieldType, type Shape } from './field-type.ts';

/**
 * A configuration laid over a live value (TypedValue.Merge): what it says wins, everything else stays. Neither argument
 * is changed; parts of both are in the result.
 */
export function mergeValues(type: FieldType, live: unknown, config: unknown): unknown {
  if (config === undefined) return live;
  if (live === undefined) return config;
  const old = shapeOf(type, live);
  const wanted = shapeOf(type, config);
  if (old.kind === 'object' && wanted.kind === 'object') return mergeObjects(type, old.value, wanted.value);
  if (old.kind === 'items' && wanted.kind === 'items') return mergeItems(old, wanted);
  return config;
}

function mergeObjects(
  type: FieldType,
  live: Readonly<Record<string, unknown>>,
  config: Readonly<Record<string, unknown>>,
): JsonObject {
  const merged: JsonObject = {};
  for (const name of Object.keys(live)) {
    const wanted = Object.hasOwn(config, name) ? config[name] : undefined;
    setOwn(merged, name, mergeValues(memberType(type, name), live[name], wanted));
  }
  for (const name of Object.keys(config)) if (!Object.hasOwn(live, name)) setOwn(merged, name, config[name]);
  return merged;
}

type Items = Shape & { kind: 'items' };

/**
 * Items of both, in the order the configuration gives, with those that only the live list has where they stood between
 * the others (mergingWalker.visitListItems).
 */
function mergeItems(live: Items, config: Items): unknown[] {
  const elementsOf = ({ type, value }: Items): (string | undefined)[] => value.map((item) => itemElement(type, item));
  const olds = elementsOf(live);
  const news = elementsOf(config);
  const type = itemsType(config.type);
  const known = new Set(olds);
  const wanted = new Set(news);
  const shared = news.filter((element) => known.has(element));
  const merged: unknown[] = [];
  const done = new Set<string | undefined>();
  const take = (index: number): void => {
    const element = news[index];
    done.add(element);
    const at = olds.indexOf(element);
    merged.push(mergeValues(type, at < 0 ? undefined : live.value[at], config.value[index]));
    if (shared[0] === element) shared.shift();
  };
  let left = 0;
  let right = 0;
  while (left < olds.length || right < news.length) {
    const old = olds[left];
    if (left < olds.length && right < news.length) {
      if (old === news[right]) {
        take(right);
        left += 1;
        right += 1;
        continue;
      }
      // An item of both, whose turn it is not yet: it comes where the configuration has it.
      if (wanted.has(old) && shared[0] !== undefined && shared[0] !== old) {
        left += 1;
        continue;
      }
    }
    if (left < olds.length) {
      if (!wanted.has(old)) {
        merged.push(live.value[left]);
        left += 1;
        continue;
      }
      if (done.has(old)) left += 1;
    }
    if (right < news.length) {
      take(right);
      right += 1;
    }
  }
  return merged;
}
