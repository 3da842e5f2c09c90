import { ApiError, badRequest } from '../../../shared/api/errors.ts';
import type { ApiClient } from '../../../shared/client/api-client.ts';
import type { ApplyMessage, ApplyResult, ChannelParams } from '../../../shared/live/contract.ts';
import { applyObject } from '../apply/apply-object.ts';
import { Discovery } from '../apply/discovery.ts';
import { explainError } from '../apply/explain-error.ts';
import { isObject, type JsonObject } from '../apply/three-way.ts';
import { parseYamlDocuments, type YamlDocument } from '../apply/yaml-documents.ts';
import type { ChannelOutput } from '../channel.ts';

/** One object of a document: the document itself, or an item of a List. */
interface Item {
  document: YamlDocument;
  /** `items[2]` in a List, empty for the document itself. */
  within: string;
  object: JsonObject;
}

/** Applies every document in order; one that fails does not stop the others. */
export async function openApply(
  client: ApiClient,
  { yaml, namespace, dryRun }: ChannelParams<'apply'>,
  out: ChannelOutput<ApplyMessage>,
): Promise<void> {
  const discovery = new Discovery(client);
  const results: ApplyResult[] = [];
  for (const document of parseYamlDocuments(yaml)) {
    const items = itemsOf(document);
    if (!Array.isArray(items)) results.push(items);
    else
      for (const item of items)
        results.push(
          await applyItem(client, discovery, item, { namespace: namespace || 'default', dryRun, signal: out.signal }),
        );
  }
  if (results.length === 0) throw badRequest('there is nothing to apply: the text holds no object');
  await out.send({ results });
  out.end();
}

function itemsOf(document: YamlDocument): Item[] | ApplyResult {
  const failed = (errors: ApplyResult['errors']): ApplyResult => ({
    document: document.index,
    line: document.line,
    outcome: 'failed',
    target: '',
    errors,
  });
  const { value } = document;
  if (document.errors.length > 0) return failed(document.errors);
  if (!isObject(value))
    return failed([{ message: 'an object is expected here: apiVersion, kind, metadata …', line: document.line }]);
  // v1 List, and the lists the API answers with.
  const { items, kind } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items))
    return [{ document, within: '', object: value }];
  return items.map((item: unknown, index) => ({
    document,
    within: `items[${index}]`,
    object: isObject(item) ? item : {},
  }));
}

async function applyItem(
  client: ApiClient,
  discovery: Discovery,
  { document, within, object }: Item,
  options: { namespace: string; dryRun: boolean; signal: AbortSignal },
): Promise<ApplyResult> {
  const line = within === '' ? document.line : document.lineOf(within);
  const base = { document: document.index, line };
  const { apiVersion, kind } = object;
  const metadata = isObject(object['metadata']) ? object['metadata'] : {};
  const name = typeof metadata['name'] === 'string' ? metadata['name'] : '';
  const group = typeof apiVersion === 'string' && apiVersion.includes('/') ? `.${apiVersion.split('/')[0] ?? ''}` : '';
  const target = typeof kind === 'string' ? `${kind.toLowerCase()}${group}/${name}` : '';
  const at = (field: string): number => document.lineOf(within === '' ? field : `${within}.${field}`);
  const failed = (errors: ApplyResult['errors']): ApplyResult => ({ ...base, outcome: 'failed', target, errors });

  const unset = ['apiVersion', 'kind'].filter((field) => typeof object[field] !== 'string' || object[field] === '');
  if (unset.length > 0) return failed(unset.map((field) => ({ message: `${field} not set`, field, line: at(field) })));
  if (name === '') {
    const generated = metadata['generateName'] !== undefined;
    const message = generated ? 'cannot use generateName with apply' : 'resource name may not be empty';
    return failed([{ message, field: 'metadata.name', line: at(generated ? 'metadata.generateName' : 'metadata') }]);
  }
  let type;
  try {
    type = await discovery.find(String(apiVersion), String(kind));
  } catch (error) {
    return error instanceof ApiError && error.code === 404
      ? failed([{ message: error.message, field: 'kind', line: at('kind') }])
      : failed(explainError(error, document, within));
  }
  const own = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : '';
  const namespace = type.namespaced ? own || options.namespace : '';
  const placed = type.namespaced ? { ...object, metadata: { ...metadata, namespace } } : object;
  try {
    const outcome = await applyObject(client, type, placed, { ...options, namespace });
    return { ...base, outcome, target, errors: [] };
  } catch (error) {
    return failed(explainError(error, document, within));
  }
}
