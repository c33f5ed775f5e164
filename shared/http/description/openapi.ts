import * as z from 'zod/mini';
import { type Format, MEDIA_TYPES } from '../negotiate.ts';
import type { Operation } from '../operation.ts';
import type { Parameter } from '../parameters.ts';
import { bodyKey, isItself, type ShownExample, shownExamples } from './examples.ts';
import { SCHEMAS, type Schema, schemaRef } from './schemas.ts';

/**
 * The OpenAPI 3.1 document of the API. Every example in it says, as `x-request`, how to get it.
 * https://spec.openapis.org/oas/v3.1.1.html
 * @param bodies of the examples, by `bodyKey`
 */
export function openApiDocument(operations: readonly Operation[], bodies: Readonly<Record<string, string>>): object {
  return {
    openapi: '3.1.1',
    info: {
      title: 'mwaa-trail',
      version: '1',
      description: 'The audit trail of Amazon MWAA. Requests are signed with SigV4 for the service `execute-api`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ sigv4: [] }],
    paths: Object.fromEntries(operations.map((one) => [one.path, { get: describeOperation(one, bodies) }])),
    components: {
      schemas: SCHEMAS,
      securitySchemes: {
        sigv4: { type: 'apiKey', name: 'Authorization', in: 'header', 'x-amazon-apigateway-authtype': 'awsSigv4' },
      },
    },
  };
}

const STATUSES: Readonly<Record<number, string>> = {
  200: 'Found',
  400: 'The path, the query or a parameter is wrong',
  404: 'There is no such event',
  406: 'None of the accepted formats is available',
  413: 'The answer has more than the 6 MB that Lambda can return',
  500: 'The request could not be answered; nobody is told why but the log',
  503: 'The request could not be answered in time',
};

function describeOperation(operation: Operation, bodies: Readonly<Record<string, string>>): object {
  const examples = shownExamples(operation);
  const statuses = [...new Set(examples.map(({ status }) => status))].sort();
  return {
    operationId: operation.id,
    summary: operation.summary,
    description: operation.description,
    parameters: Object.entries(operation.parameters).map(([name, parameter]) => describeParameter(name, parameter)),
    responses: Object.fromEntries(
      statuses.map((status) => [
        status,
        {
          description: STATUSES[status],
          ...(status === 200 && 'cursor' in operation.parameters ? { headers: LINK } : {}),
          content: describeContent(
            operation,
            examples.filter((example) => example.status === status),
            bodies,
          ),
        },
      ]),
    ),
  };
}

const LINK = {
  Link: {
    description: 'The next page, as rel="next"; absent: this was the last',
    schema: { type: 'string' },
  },
};

function describeParameter(name: string, { in: place, description, schema }: Parameter): object {
  const { $schema, ...described } = z.toJSONSchema(schema, { io: 'output' });
  const required = schema.safeParse([]).success ? {} : { required: true };
  return { name, in: place, description, ...required, schema: described };
}

function describeContent(
  operation: Operation,
  examples: readonly ShownExample[],
  bodies: Readonly<Record<string, string>>,
): object {
  const mediaTypes = [...new Set(examples.map(({ mediaType }) => mediaType))];
  return Object.fromEntries(
    mediaTypes.map((mediaType) => [
      mediaType,
      {
        ...describeBody(operation, mediaType),
        examples: Object.fromEntries(
          examples
            .filter((example) => example.mediaType === mediaType)
            .map((example) => [example.name, describeExample(operation, example, bodies)]),
        ),
      },
    ]),
  );
}

/** OpenAPI 3.1 has no words for lines and columns: they stand in extensions. */
function describeBody({ schemas, columns }: Operation, mediaType: string): Record<string, Schema | readonly string[]> {
  const text = (description: string): Schema => ({ type: 'string', description });
  const bodies: Readonly<Record<string, Record<string, Schema | readonly string[]>>> = {
    [MEDIA_TYPES.json]: { schema: schemaRef(schemas.json) },
    [MEDIA_TYPES.ndjson]: { schema: text('A JSON text a line'), 'x-line-schema': schemaRef(schemas.line) },
    [MEDIA_TYPES.csv]: { schema: text('RFC 4180, with a header row'), ...(columns ? { 'x-columns': columns } : {}) },
  } satisfies Record<(typeof MEDIA_TYPES)[Format], unknown>;
  return bodies[mediaType] ?? { schema: schemaRef('Problem') };
}

function describeExample(operation: Operation, example: ShownExample, bodies: Readonly<Record<string, string>>) {
  const { summary, mediaType, request } = example;
  const body = bodies[bodyKey(operation, example)] ?? '';
  const isText = mediaType === MEDIA_TYPES.ndjson || mediaType === MEDIA_TYPES.csv;
  const value = () => (isText || body === '' ? body : JSON.parse(body));
  return {
    summary,
    // The document does not hold itself.
    ...(isItself(operation, example) ? { externalValue: request.url } : { value: value() }),
    'x-request': request,
  };
}
