import { type AttributeName, attributeNamed } from '../../audit-event/attributes.ts';
import { defined } from '../../defined.ts';

/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

export const STRING: Schema = { type: 'string' };
export const TIME: Schema = { type: 'string', description: 'ISO 8601, UTC' };
export const RECORDED_TIME: Schema = {
  type: 'string',
  description: 'ISO 8601, UTC; if the record has no valid time, what it says',
};
export const COUNT: Schema = { type: 'integer', minimum: 0 };
export const schemaRef = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

export const listOf = (items: Schema): Schema => ({ type: 'array', items });

/** An object with these members and no others; those whose name ends in `?` may be absent. */
export function object(members: Readonly<Record<string, Schema>>, description?: string): Schema {
  const names = Object.keys(members);
  return defined({
    type: 'object',
    description,
    properties: Object.fromEntries(names.map((name) => [name.replace('?', ''), members[name]])),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  });
}

const TYPES: Readonly<Record<string, Schema>> = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  texts: { type: 'array', items: STRING },
  mark: { const: true },
  record: { type: 'object' },
};

/** The members of an event, as its attributes' table describes them. */
export function attributes(names: readonly AttributeName[]): Record<string, Schema> {
  return Object.fromEntries(
    names.map((name) => {
      const { type, always, shown, values, says } = attributeNamed(name);
      // CloudTrail may have new values of its own; those of the ledger are ours.
      const schema = shown === 'ledger' && values ? { enum: values } : type ? TYPES[type] : STRING;
      // JSON leaves out empty lists.
      return [always && type !== 'texts' ? name : `${name}?`, { ...schema, description: says }];
    }),
  );
}
