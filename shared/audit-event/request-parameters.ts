import { type JsonRecord, memberAt, objectAt, stringAt } from './record-fields.ts';

/** The parameters that name what the call is about. */
const IDENTITY = new Set(['name', 'environmentname', 'resourcearn', 'workflowarn']);

/** Most names that are kept; the largest operation, CreateEnvironment, has 25. */
const MAX_NAMES = 100;

/** The sorted names of the parameters that a call set, without those that name its environment or workflow. */
export function parameterNames(record: JsonRecord): string[] {
  return Object.keys(objectAt(record, 'requestParameters') ?? {})
    .filter((name) => name !== '' && !IDENTITY.has(name.toLowerCase()))
    .map((name) => name.toWellFormed())
    .sort()
    .slice(0, MAX_NAMES);
}

/** A parameter of a call. MWAA Serverless, and some members of MWAA, are written with a small first letter. */
function parameterAt(record: JsonRecord, name: string): unknown {
  const request = objectAt(record, 'requestParameters');
  return memberAt(request, name) ?? memberAt(request, name.charAt(0).toLowerCase() + name.slice(1));
}

/** A parameter that is a text and not empty. */
export function parameterText(record: JsonRecord, name: string): string | undefined {
  const value = parameterAt(record, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The sorted keys of the tags that a call sets or takes away. */
export function tagKeys(record: JsonRecord): string[] {
  const tags = parameterAt(record, 'TagKeys') ?? parameterAt(record, 'Tags');
  const keys = Array.isArray(tags) ? tags.flatMap(keysOf) : Object.keys(objectAt({ tags }, 'tags') ?? {});
  return [...new Set(keys)].filter((key) => key !== '').sort();
}

/** Lists have keys, or pairs of a key and a value. */
function keysOf(tag: unknown): string[] {
  const key = typeof tag === 'string' ? tag : stringAt(objectAt({ tag }, 'tag'), 'Key', 'key');
  return key === undefined ? [] : [key];
}
