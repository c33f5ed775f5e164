import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What OCSF says of the members of an object. */
interface OcsfObject {
  required: readonly string[];
  /** One of these must be there. */
  oneOf?: readonly string[];
  /** The values that a member can have. */
  enums?: Readonly<Record<string, readonly (string | number)[]>>;
}

/**
 * What release 1.8.0 requires of the objects that our mapping makes, by path; `[]` is any element of a list. Written by hand from
 * events/application/api_activity.json and objects/*.json; the test compares it with the files of the release if they are there.
 * https://github.com/ocsf/ocsf-schema/tree/v1.8.0
 */
export const OCSF_OBJECTS: Readonly<Record<string, OcsfObject>> = {
  '': {
    required: [
      ...['activity_id', 'actor', 'api', 'category_uid', 'class_uid', 'cloud', 'metadata', 'severity_id'],
      ...['src_endpoint', 'time', 'type_uid'],
    ],
    enums: {
      activity_id: [0, 1, 2, 3, 4, 99],
      category_uid: [6],
      class_uid: [6003],
      severity_id: [0, 1, 2, 3, 4, 5, 6, 99],
      status_id: [0, 1, 2, 99],
      type_uid: [600300, 600301, 600302, 600303, 600304, 600399],
    },
  },
  actor: { required: [], oneOf: ['process', 'user', 'invoked_by', 'session', 'app_name', 'app_uid'] },
  'actor.idp': { required: [], oneOf: ['name', 'uid'] },
  'actor.user': { required: [], oneOf: ['account', 'name', 'uid'], enums: { type_id: [0, 1, 2, 3, 4, 99] } },
  'actor.user.account': { required: [], oneOf: ['name', 'uid'] },
  api: { required: ['operation'] },
  'api.request': { required: ['uid'] },
  'api.service': { required: [], oneOf: ['name', 'uid'] },
  cloud: { required: ['provider'] },
  'cloud.account': { required: [], oneOf: ['name', 'uid'] },
  http_request: {
    required: [],
    enums: { http_method: ['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'] },
  },
  'http_request.url': { required: [], oneOf: ['url_string', 'path'] },
  http_response: { required: ['code'] },
  metadata: { required: ['product', 'version'] },
  'metadata.product': { required: [], oneOf: ['name', 'uid'] },
  'metadata.product.feature': { required: [], oneOf: ['name', 'uid'] },
  'observables[]': { required: ['type_id'] },
  'resources[]': { required: [], oneOf: ['name', 'uid'] },
  'resources[].owner': { required: [], oneOf: ['account', 'name', 'uid'] },
  src_endpoint: {
    required: [],
    oneOf: [
      ...['ip', 'uid', 'name', 'hostname', 'svc_name', 'instance_uid', 'interface_uid', 'interface_name', 'domain'],
    ],
  },
};

type Json = Readonly<Record<string, unknown>>;

/** What is wrong with an event: the path, and why. */
export function ocsfProblems(event: Json): string[] {
  return Object.entries(OCSF_OBJECTS).flatMap(([path, expected]) =>
    objectsAt(event, path).flatMap((object) =>
      objectProblems(object, expected).map((problem) => `${path}: ${problem}`),
    ),
  );
}

function objectProblems(object: Json, { required, oneOf, enums = {} }: OcsfObject): string[] {
  const missing = required.filter((name) => object[name] === undefined).map((name) => `${name} is missing`);
  const none = oneOf?.every((name) => object[name] === undefined);
  const wrong = Object.entries(enums).filter(([name, values]) => {
    const value = object[name];
    return value !== undefined && !values.includes(value as string | number);
  });
  return [
    ...missing,
    ...(none ? [`none of ${oneOf?.join(', ')}`] : []),
    ...wrong.map(([name]) => `${name} is ${String(object[name])}`),
  ];
}

function objectsAt(event: Json, path: string): Json[] {
  let objects = [event];
  for (const part of path === '' ? [] : path.split('.'))
    objects = objects.flatMap((object): Json[] => [object[part.replace('[]', '')] ?? []].flat() as Json[]);
  return objects;
}

/** The schema files of a release, in the folders of its repository. */
export class OcsfRelease {
  readonly version: string;
  private readonly folder: string;
  private readonly files = new Map<string, Json>();
  private readonly dictionary: Json;

  constructor(folder: string) {
    this.folder = folder;
    this.version = String(this.read('version.json').version);
    this.dictionary = this.read('dictionary.json').attributes as Json;
  }

  private get observableTypes(): number[] {
    const { types } = this.read('dictionary.json') as { types: { attributes: Record<string, Json> } };
    return Object.values(types.attributes).flatMap(({ observable }) => (observable as number | undefined) ?? []);
  }

  private read(...names: string[]): Json {
    const path = join(this.folder, ...names);
    const content = this.files.get(path) ?? (JSON.parse(readFileSync(path, 'utf8')) as Json);
    this.files.set(path, content);
    return content;
  }

  /** What is wrong with an event of API Activity with the profile `cloud`. */
  problemsOf(event: Json): string[] {
    const attributes = {
      ...this.attributesOf(join('events', 'base_event.json')),
      ...this.attributesOf(join('events', 'application', 'application.json')),
      ...this.attributesOf(join('events', 'application', 'api_activity.json')),
      ...this.attributesOf(join('profiles', 'cloud.json')),
    };
    return this.check('', event, attributes, []);
  }

  private attributesOf(file: string): Record<string, Json> {
    const { attributes } = this.read(...file.split('/')) as { attributes: Record<string, Json> };
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== '$include'));
  }

  private object(type: string) {
    const file = readdirSync(join(this.folder, 'objects')).find(
      (name) => name.replace(/^_/, '') === `${type}.json` || name === `${type}.json`,
    );
    const { extends: parent, constraints } = this.read('objects', file ?? `${type}.json`) as {
      extends?: string;
      constraints?: { at_least_one?: string[] };
    };
    const above: { attributes: Record<string, Json>; oneOf: string[] } =
      parent === undefined || parent === 'object' ? { attributes: {}, oneOf: [] } : this.object(parent);
    const own = this.attributesOf(join('objects', file ?? `${type}.json`));
    const attributes = { ...above.attributes };
    for (const [name, attribute] of Object.entries(own)) attributes[name] = { ...attributes[name], ...attribute };
    return { attributes, oneOf: constraints?.at_least_one ?? above.oneOf };
  }

  private check(path: string, object: Json, attributes: Record<string, Json>, oneOf: readonly string[]): string[] {
    const required = Object.entries(attributes).filter(
      ([name, { requirement, profile }]) =>
        requirement === 'required' && object[name] === undefined && (profile === undefined || profile === null),
    );
    return [
      ...required.map(([name]) => `${path}${name} is missing`),
      ...(oneOf.length > 0 && oneOf.every((name) => object[name] === undefined) ? [`${path}: none of ${oneOf}`] : []),
      ...Object.entries(object).flatMap(([name, value]) =>
        attributes[name] === undefined
          ? [`${path}${name} is unknown`]
          : this.checkValue(`${path}${name}`, name, value, attributes[name]),
      ),
    ];
  }

  private checkValue(path: string, name: string, value: unknown, attribute: Json): string[] {
    const defined = this.dictionary[name] as Json;
    // The compiler of the schema numbers classes and the types of observables.
    const numbered = { class_uid: [6003], category_uid: [6], 'observables.type_id': this.observableTypes }[path];
    if (numbered !== undefined) return numbered.includes(value as number) ? [] : [`${path} is ${String(value)}`];
    const isArray = defined.is_array === true;
    if (isArray !== Array.isArray(value)) return [`${path}: a list, or not`];
    const values = Array.isArray(value) ? (value as unknown[]) : [value];
    const known = { ...(defined.enum as object), ...(attribute.enum as object) };
    const names = Object.keys(known);
    return values.flatMap((one) => {
      if (names.length > 0 && !names.includes(String(one))) return [`${path} is ${String(one)}`];
      return this.checkType(path, one, String(defined.type));
    });
  }

  private checkType(path: string, value: unknown, type: string): string[] {
    const is = (kind: string) => (typeof value === kind ? [] : [`${path}: expected ${type}`]);
    if (['integer_t', 'long_t', 'timestamp_t'].includes(type)) return Number.isInteger(value) ? [] : is('bigint');
    if (type === 'boolean_t') return is('boolean');
    if (type === 'json_t' || type === 'object') return [];
    if (type.endsWith('_t')) return is('string');
    const { attributes, oneOf } = this.object(type);
    return this.check(`${path}.`, value as Json, attributes, oneOf);
  }
}
